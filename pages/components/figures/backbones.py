"""Backbones on a map of two quantities, as a Plotly figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from pages.components.figures.optimizers import COLOURS, SYMBOLS

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 470
SMALLEST, LARGEST = 8, 34  # px, of a marker
DEFAULT_SIZE = 12
FAINT = 0.13  # opacity of what does not fit
ACCENT = "#1597c4"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A quantity: its title with the unit, and whether it spans so much that it is drawn on a logarithmic scale."""

    title: str
    is_logarithmic: bool = False


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One backbone on the map; `area` and `tint` are None where its size or colour says nothing."""

    name: str
    title: str
    family: str
    x: float
    y: float
    area: float | None = None
    tint: float | None = None
    fits: bool = True
    facts: str = ""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """What the four ways to show a quantity stand for."""

    x: Scale
    y: Scale
    area: Scale | None = None
    tint: Scale | None = None


def backbone_map(marks: Sequence[Mark], families: Sequence[str], chosen: str, axes: Axes) -> go.Figure:
    """Return the map; each mark's `customdata` is its backbone's name, the one called `chosen` is ringed.

    Each family keeps its colour and its marker, whoever is on the map; where colour stands for a quantity, markers
    alone tell families apart.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    looks = dict(zip(families, _looks(), strict=False))
    for family in families:
        kin = [mark for mark in marks if mark.family == family]
        if kin:
            _add_family(figure, kin, looks[family], axes, marks)
    ringed = [mark for mark in marks if mark.name == chosen]
    figure.add_scatter(
        x=[mark.x for mark in ringed],
        y=[mark.y for mark in ringed],
        mode="markers",
        marker={
            "size": [_size(mark, axes, marks) + 9 for mark in ringed],
            "color": "rgba(0,0,0,0)",
            "line": {"width": 2.5, "color": ACCENT},
        },
        hoverinfo="skip",
        showlegend=False,
    )
    _lay_out(figure, axes, marks)
    return figure


def _looks() -> zip[tuple[str, str]]:
    return zip(cycle(COLOURS), (symbol for symbol in SYMBOLS for _colour in COLOURS), strict=False)


def _add_family(
    figure: go.Figure, kin: Sequence[Mark], look: tuple[str, str], axes: Axes, marks: Sequence[Mark]
) -> None:
    colour, symbol = look
    tinted = axes.tint is not None
    figure.add_scatter(
        x=[mark.x for mark in kin],
        y=[mark.y for mark in kin],
        customdata=[mark.name for mark in kin],
        text=[f"<b>{mark.title}</b><br>{mark.facts}" for mark in kin],
        name=kin[0].family,
        mode="markers",
        marker={
            "color": [mark.tint for mark in kin] if tinted else colour,
            "coloraxis": "coloraxis" if tinted else None,
            "symbol": symbol,
            "size": [_size(mark, axes, marks) for mark in kin],
            "opacity": [0.85 if mark.fits else FAINT for mark in kin],
            "line": {"width": 1, "color": "rgba(127,127,127,0.6)"},
        },
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0.85}},
        unselected={"marker": {"opacity": 0.85}},
    )


def _size(mark: Mark, axes: Axes, marks: Sequence[Mark]) -> float:
    """Return a marker's width in pixels: its area grows with the quantity, or with its logarithm."""
    if axes.area is None or mark.area is None:
        return DEFAULT_SIZE
    values = [mark.area for mark in marks if mark.area is not None]
    share = _share(mark.area, min(values), max(values), axes.area.is_logarithmic)
    return SMALLEST + (LARGEST - SMALLEST) * math.sqrt(share)


def _share(value: float, low: float, high: float, is_logarithmic: bool) -> float:
    if high <= low:
        return 0.0
    if is_logarithmic:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _lay_out(figure: go.Figure, axes: Axes, marks: Sequence[Mark]) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "itemsizing": "constant"},
        clickmode="event+select",
        dragmode="pan",
    )
    for update, axis in ((figure.update_xaxes, axes.x), (figure.update_yaxes, axes.y)):
        update(title=axis.title, exponentformat="SI", zeroline=False)
        if axis.is_logarithmic:
            update(type="log", dtick=1, minor={"dtick": "D1", "showgrid": False, "ticks": "outside"})
    if axes.tint is not None:
        tints = [mark.tint for mark in marks if mark.tint is not None]
        figure.update_layout(
            coloraxis={
                "colorscale": "Viridis",
                "cmin": min(tints, default=0),
                "cmax": max(tints, default=1),
                "colorbar": {"title": {"text": axes.tint.title, "side": "right"}, "thickness": 14},
            }
        )
