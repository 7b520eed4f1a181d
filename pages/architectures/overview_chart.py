"""All backbones on one chart: any two quantities as axes, others as size and colour, and what fits a budget."""

from __future__ import annotations

import streamlit as st

from core.architectures.costs.datasheets import datasheets
from core.architectures.zoo.backbones import BACKBONES, families
from core.i18n import N_
from core.settings import Choice
from pages.architectures import latency
from pages.architectures.metrics import QUANTITIES, Known
from pages.architectures.sections import open_network
from pages.components.figures.backbones import Axes, Mark, backbone_map
from pages.components.i18n import _, number
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "architectures"
Options = tuple[tuple[str, str], ...]
OPTIONS = tuple((quantity.name, quantity.title) for quantity in QUANTITIES.values())


def _after(value: str, label: str, options: Options = OPTIONS) -> Options:
    """Return options with one more before them."""
    return ((value, label), *options)


def _limits(unit: str, *limits: float) -> Options:
    """Return the choice between any cost and several limits."""
    return _after("any", N_("any"), tuple((f"{limit:g}", f"≤ {limit:g} {unit}") for limit in limits))


ACROSS = Choice(name="across", label=N_("Across"), default="macs", options=OPTIONS)
UP = Choice(name="up", label=N_("Up"), default="top1", options=OPTIONS)
AREA = Choice(name="area", label=N_("Size"), default="parameters", options=_after("none", N_("all alike")))
TINT = Choice(name="tint", label=N_("Colour"), default="family", options=_after("family", N_("family")))
MOST_PARAMETERS = Choice(
    name="parameters_at_most", label=N_("Parameters"), default="any", options=_limits("M", 2, 5, 10, 25, 50, 100)
)
MOST_MACS = Choice(name="macs_at_most", label=N_("MACs"), default="any", options=_limits("G", 0.3, 0.5, 1, 2, 5, 10))
MOST_LATENCY = Choice(
    name="latency_at_most", label=N_("Latency here"), default="any", options=_limits("ms", 10, 20, 50, 100, 200)
)
BUDGETS = ((MOST_PARAMETERS, "parameters"), (MOST_MACS, "macs"), (MOST_LATENCY, "latency"))
FACTS = ("top1", "parameters", "macs", "memory", "latency", "year", "field")
SHOWN_BEST = 3


def draw(choice: BackboneChoice) -> None:
    """Draw the choices, the chart, and which backbones fit."""
    measurement = latency.measuring()
    measurement.is_shown = True
    known = _known()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="map-toolbar"):
        up, across = draw_setting(UP, PAGE, width=190), draw_setting(ACROSS, PAGE, width=190)
        area, tint = draw_setting(AREA, PAGE, width=180), draw_setting(TINT, PAGE, width=150)
        limits = _choose_budget()
    fits = {each.entry.name for each in known if _fits(each, limits)}
    shown = [each for each in known if _can_be_drawn(each, (across, up, area, tint))]
    _draw_chart(
        shown,
        fits,
        choice,
        Axes(
            x=QUANTITIES[across].scale,
            y=QUANTITIES[up].scale,
            area=None if area == "none" else QUANTITIES[area].scale,
            tint=None if tint == "family" else QUANTITIES[tint].scale,
        ),
        (across, up, area, tint),
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="top", key="map-below"):
        _draw_summary(known, shown, fits, limits)
        latency.draw_measurement(measurement)


def _choose_budget() -> dict[str, str]:
    """Draw the choice of what a backbone may cost, and return each limit by its quantity."""
    active = sum(st.session_state.get(f"{PAGE}.{setting.name}", setting.default) != "any" for setting, _name in BUDGETS)
    label = _("Budget: {count}", count=active) if active else _("Budget")
    with st.popover(label, icon=":material/filter_alt:"):
        return {name: draw_setting(setting, PAGE) for setting, name in BUDGETS}


def _known() -> list[Known]:
    sheets, measured = datasheets(), latency.measured()
    return [Known(entry=entry, sheet=sheets[name], latency=measured.get(name)) for name, entry in BACKBONES.items()]


def _fits(known: Known, limits: dict[str, str]) -> bool:
    """Return whether a backbone keeps within all limits; one that was not timed does not fit a limit of time."""
    for name, limit in limits.items():
        value = QUANTITIES[name].value(known)
        if limit != "any" and (value is None or value > float(limit)):
            return False
    return True


def _can_be_drawn(known: Known, names: tuple[str, ...]) -> bool:
    return all(QUANTITIES[name].value(known) is not None for name in names if name in QUANTITIES)


def _draw_chart(
    shown: list[Known], fits: set[str], choice: BackboneChoice, axes: Axes, names: tuple[str, str, str, str]
) -> None:
    across, up, area, tint = names

    def value(known: Known, name: str) -> float | None:
        return QUANTITIES[name].value(known) if name in QUANTITIES else None

    marks = [
        Mark(
            name=known.entry.name,
            title=known.entry.title,
            family=known.entry.family,
            x=value(known, across) or 0.0,
            y=value(known, up) or 0.0,
            area=value(known, area),
            tint=value(known, tint),
            fits=known.entry.name in fits,
            facts=" · ".join(QUANTITIES[fact].said(known) for fact in FACTS),
        )
        for known in shown
    ]
    key = f"{PAGE}.chart.{choice.entry.name}"  # anew for each choice, so that nothing stays selected

    def visit() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            open_network(str(points[0]["customdata"]))

    st.plotly_chart(
        backbone_map(marks, families(), choice.entry.name, axes),
        key=key,
        on_select=visit,
        selection_mode="points",
        alt=_("Backbones by {up} and {across}", up=axes.y.title, across=axes.x.title),
        config={"displayModeBar": False, "scrollZoom": False},
    )


def _draw_summary(known: list[Known], shown: list[Known], fits: set[str], limits: dict[str, str]) -> None:
    """Draw in words what the chart shows, and the best of what fits."""
    texts = [_("Click a backbone to open it.")]
    if len(shown) < len(known):
        texts.append(
            _(
                "{count} are not on the chart, for want of a value: the tiny networks were not trained on ImageNet, "
                "and "
                "latency has to be measured first.",
                count=len(known) - len(shown),
            )
        )
    texts.append(_("Accuracies are those of torchvision’s first ImageNet weights; Xception’s is the paper’s."))
    if any(limit != "any" for limit in limits.values()):
        rated = [each for each in known if each.entry.name in fits and each.sheet.top1 is not None]
        best = sorted(rated, key=lambda each: -(each.sheet.top1 or 0))[:SHOWN_BEST]
        named = ", ".join(f"{each.entry.title} ({number(each.sheet.top1 or 0, '.1f')} %)" for each in best)
        texts.insert(0, _("{count} of {all} fit.", count=len(fits), all=len(known)))
        if named:
            texts.insert(1, _("The most accurate of them: {names}.", names=named))
    st.caption(" ".join(texts), width="stretch")
