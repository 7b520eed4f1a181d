"""The record of a transform: what it builds, its settings, what it teaches and when it harms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.augmentation.transforms.arguments import Arguments
from core.i18n import N_
from core.settings import Setting

Values = Mapping[str, Any]
GROUPS = {
    "geometry": N_("Geometry"),
    "crop": N_("Crops"),
    "colour": N_("Colour and detail"),
    "erasing": N_("Erasing"),
    "policy": N_("Policies"),
}
"""The groups of transforms, with their titles."""
BLACK, GREY = 0, 128  # what fills where the picture shows nothing


def _always(_values: Values) -> int:
    return 1


@dataclass(frozen=True, kw_only=True)
class TransformEntry:
    """A transform that can be chosen: `idea` says what it teaches a network, `harm` when it does harm.

    `builds` is its name in torchvision.transforms.v2 and `arguments` what it is built with, from the values of its
    `settings`. `moves` says that it changes where things are, so that boxes and masks go along. `alone` marks a policy,
    which torchvision applies to pictures without boxes only. `least` is the shortest side in pixels that it works on;
    a smaller picture stays as it is.
    """

    name: str
    title: str
    group: str
    idea: str
    harm: str
    builds: str
    arguments: Callable[[Values], Arguments]
    settings: tuple[Setting[Any], ...] = ()
    moves: bool = False
    alone: bool = False
    least: Callable[[Values], int] = _always

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"{self.name}: there is no group {self.group!r}")

    @property
    def defaults(self) -> dict[str, Any]:
        """Return the values of the settings before they are turned."""
        return {setting.name: setting.default for setting in self.settings}


def always_applied(_values: Values) -> Arguments:
    """Return the arguments of a transform that torchvision would else apply at random: chance is the pipeline's."""
    return {"p": 1.0}


def in_order(low: float, high: float) -> tuple[float, float]:
    """Return two ends in their order, whichever was turned past the other."""
    return (min(low, high), max(low, high))
