"""One cell of a map: which part of the picture it sees, and how its value is computed."""

from __future__ import annotations

from pages.components.layout.export_panel import draw_export_panel
from pages.visualization.cell import arithmetic, receptive_field
from pages.visualization.selection import Selection


def draw(selection: Selection) -> None:
    """Draw the receptive field of the cell, its arithmetic, each with its files, and how fields grow with depth."""
    receptive_field.draw_cell(selection)
    draw_export_panel(arithmetic.draw(selection))
    receptive_field.draw_growth(selection)
