"""Which family of backbones builds on which, by year, as a Plotly figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from core.architectures.zoo.families import Family
from pages.components.figures.optimizers import COLOURS, SYMBOLS

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 360
POINTS = 25  # of a line
GREY = "rgba(128,128,128,0.45)"


def lineage(families: Sequence[Family]) -> go.Figure:
    """Return the families at their years, those of one year above one another, joined by lines.

    Each family has the colour and the marker that it has on the map.
    """
    import plotly.graph_objects as go

    places = _places(families)
    figure = go.Figure()
    for family in families:
        for older in family.builds_on:
            across, up = _curve(places[older], places[family.name])
            figure.add_scatter(
                x=across,
                y=up,
                mode="lines",
                line={"color": GREY, "width": 1.5},
                hoverinfo="skip",
                showlegend=False,
            )
    looks = zip(cycle(COLOURS), (symbol for symbol in SYMBOLS for _colour in COLOURS), strict=False)
    for family, (colour, symbol) in zip(families, looks, strict=False):
        x, y = places[family.name]
        figure.add_scatter(
            x=[x],
            y=[y],
            text=[family.name],
            mode="markers+text",
            textposition="top center",
            marker={"color": colour, "symbol": symbol, "size": 14},
            hovertemplate=f"{family.name} · {family.year}<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(height=HEIGHT, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    years = [family.year for family in families]
    figure.update_xaxes(dtick=1, range=[min(years) - 0.6, max(years) + 0.6], showgrid=True)
    figure.update_yaxes(visible=False, range=[-0.7, max(y for _x, y in places.values()) + 0.8])
    return figure


def _curve(start: tuple[float, float], end: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Return points of a line that leaves and arrives level."""
    shares = np.linspace(0, 1, POINTS)
    x = start[0] + shares * (end[0] - start[0])
    y = start[1] + shares**2 * (3 - 2 * shares) * (end[1] - start[1])
    return x.tolist(), y.tolist()


def _places(families: Sequence[Family]) -> dict[str, tuple[float, float]]:
    """Return where each family stands; those of one year are spread evenly about the middle."""
    of_year: dict[int, list[Family]] = defaultdict(list)
    for family in families:
        of_year[family.year].append(family)
    tallest = max(map(len, of_year.values()))
    return {
        family.name: (float(year), (row + 0.5) * tallest / len(kin))
        for year, kin in of_year.items()
        for row, family in enumerate(kin)
    }
