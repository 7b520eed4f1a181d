"""The quantities by which backbones are compared: what each is called, its unit, and where its value comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.architectures.costs.datasheets import Datasheet
from core.architectures.zoo.backbones import BackboneEntry
from core.i18n import N_
from core.registry import Registry
from pages.components.figures.backbones import Scale
from pages.components.i18n import _, number

MEGABYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a backbone: its row, its datasheet, and its latency in milliseconds once it was measured."""

    entry: BackboneEntry
    sheet: Datasheet
    latency: float | None


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One quantity; `title` is marked for translation and names the unit, `form` is how `format` writes a value."""

    name: str
    title: str
    value: Callable[[Known], float | None]
    form: str
    unit: str
    is_logarithmic: bool = False

    @property
    def scale(self) -> Scale:
        """Return the scale that shows it."""
        return Scale(title=_(self.title), is_logarithmic=self.is_logarithmic)

    def said(self, known: Known) -> str:
        """Return the value with its unit in the visitor's language; a dash where there is none."""
        value = self.value(known)
        return "–" if value is None else f"{number(value, self.form)}{self.unit}"


QUANTITIES: Registry[Quantity] = Registry(
    N_("quantity"),
    (
        Quantity(
            name="top1",
            title=N_("ImageNet top-1, %"),
            value=lambda known: known.sheet.top1,
            form=".1f",
            unit=" %",
        ),
        Quantity(
            name="parameters",
            title=N_("Parameters, million"),
            value=lambda known: known.sheet.parameters / 1e6,
            form=".3g",
            unit=" M",
            is_logarithmic=True,
        ),
        Quantity(
            name="macs",
            title=N_("MACs, billion"),
            value=lambda known: known.sheet.macs / 1e9,
            form=".3g",
            unit=" G",
            is_logarithmic=True,
        ),
        Quantity(
            name="memory",
            title=N_("Activation memory, MB"),
            value=lambda known: known.sheet.activation_bytes / MEGABYTE,
            form=".3g",
            unit=" MB",
            is_logarithmic=True,
        ),
        Quantity(
            name="latency",
            title=N_("Latency here, ms"),
            value=lambda known: known.latency,
            form=".3g",
            unit=" ms",
            is_logarithmic=True,
        ),
        Quantity(
            name="year",
            title=N_("Year of the paper"),
            value=lambda known: float(known.entry.year),
            form=".0f",
            unit="",
        ),
        Quantity(
            name="field",
            title=N_("Receptive field, px"),
            value=lambda known: float(known.sheet.field),
            form=".0f",
            unit=" px",
            is_logarithmic=True,
        ),
        Quantity(
            name="depth",
            title=N_("Weighted layers"),
            value=lambda known: float(known.sheet.depth),
            form=".0f",
            unit="",
        ),
    ),
)
