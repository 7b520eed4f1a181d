"""Results become Plotly figures: pure functions, one style."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from core.architectures.backbones import BackboneEntry

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 420
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#B8860B")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


def backbone_map(entries: tuple[BackboneEntry, ...], chosen: BackboneEntry, words: dict[str, str]) -> go.Figure:
    """Return the backbones by the year of their paper and their number of parameters, on a logarithmic axis.

    Each family keeps its colour and its marker; `chosen` is ringed. `words` holds the texts `year`, `parameters` and
    `chosen`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    looks = zip(cycle(COLOURS), (symbol for symbol in SYMBOLS for _colour in COLOURS), strict=False)
    for family, (colour, symbol) in zip(dict.fromkeys(entry.family for entry in entries), looks, strict=False):
        kin = [entry for entry in entries if entry.family == family]
        figure.add_scatter(
            x=[entry.paper.year for entry in kin],
            y=[entry.parameters for entry in kin],
            text=[entry.title for entry in kin],
            name=family,
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 11},
            hovertemplate="%{text}<br>%{x} · %{y:,}<extra></extra>",
        )
    figure.add_scatter(
        x=[chosen.paper.year],
        y=[chosen.parameters],
        name=words["chosen"],
        mode="markers",
        marker={"size": 20, "color": "rgba(0,0,0,0)", "line": {"width": 2, "color": "#1597c4"}},
        hoverinfo="skip",
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        xaxis={"title": words["year"], "dtick": 1},
        yaxis={"title": words["parameters"], "type": "log", "dtick": 1},
    )
    return figure
