"""One cell of a map: which part of the picture it sees, and how its value is computed."""

from __future__ import annotations

from pages.visualization import arithmetic, field
from pages.visualization.focus import Focus


def draw(focus: Focus) -> None:
    """Draw the receptive field of the cell, its arithmetic, and how receptive fields grow with depth."""
    field.draw_cell(focus)
    arithmetic.draw(focus)
    field.draw_growth(focus)
