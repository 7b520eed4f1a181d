"""Pictures that represent a class, a channel or a unit: found in a collection, or made by gradient ascent."""

from __future__ import annotations

import importlib

from core.knobs import Choice
from core.words import N_
from pages.components.knobs import turn
from pages.visualization.focus import NAME, Focus

ORIGIN = Choice(
    name="origin",
    label=N_("Representative images"),
    default="found",
    options=(("found", N_("Found in a collection")), ("made", N_("Made by gradient ascent"))),
)


def draw(focus: Focus) -> None:
    """Draw the switch between both senses, and the one that is chosen."""
    origin = turn(ORIGIN, NAME, label_visibility="collapsed")
    importlib.import_module(f"pages.visualization.{origin}").draw(focus)  # the parts are being written
