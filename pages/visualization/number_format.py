"""How ranges are put into words."""

from __future__ import annotations

from core.visualization.activations.grid import Grid, GridView
from core.visualization.rendering import format_number
from pages.components.i18n import _, decimal_sign


def show_number(value: float) -> str:
    """Return `value` with three significant digits, as numbers are written in the visitor's language."""
    return format_number(float(value)).replace(".", decimal_sign()).replace("-", "−")


def range_text(grid: Grid, view: GridView) -> str:
    """Return in words on which range the maps of `grid` are coloured."""
    low, high = grid.range
    bounds = {"low": show_number(low), "high": show_number(high)}
    if view.normalisation == "fixed":
        return _("fixed range, {low} to {high}", **bounds)
    if view.normalisation == "layer":
        return _("one range for the layer, {low} to {high}", **bounds)
    return _("each channel on its own range, at most {low} to {high}", **bounds)
