"""The map of the four cases of transfer learning as a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.components.figures.palette import COLOURS, GREY

if TYPE_CHECKING:
    import plotly.graph_objects as go

MAP_HEIGHT = 400
FROM_EDGE = 1.6  # times the least, or the most, pictures of each class: where the cases' titles stand


@dataclass(frozen=True)
class Spot:
    """A value with how far it may be off."""

    value: float
    error: float


def quadrant_map(
    shares: Sequence[Sequence[float]],
    across: Sequence[float],
    up: Sequence[float],
    spot: tuple[Spot, float],
    borders: tuple[float, float],
    words: Mapping[str, str],
) -> go.Figure:
    """Return the map of four cases: `shares` (up × across) say how clear the case is at each place.

    `spot` is the measured point, across with its error and up; `borders` are where similar ends and many begins.
    `words` holds `across`, `up`, `here` and the four titles, by the names of the rules.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_heatmap(
        z=shares,
        x=list(across),
        y=list(up),
        colorscale=[[0, "rgba(0, 114, 178, 0.00)"], [1, "rgba(0, 114, 178, 0.22)"]],
        zmin=0.5,
        zmax=1,
        showscale=False,
        hoverinfo="skip",
    )
    _add_borders(figure, across, up, borders)
    _add_case_titles(figure, across, up, borders[0], words)
    _add_point(figure, *spot, words["here"])
    beside, below = words["up"], words["across"].replace(", ", ",<br>")
    figure.update_xaxes(title=below, range=[across[0], across[-1]], showgrid=False)
    figure.update_yaxes(title=beside, type="log", range=_log_range(up), showgrid=False, dtick=1)
    figure.update_layout(height=MAP_HEIGHT, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def _add_borders(figure: go.Figure, across: Sequence[float], up: Sequence[float], borders: tuple[float, float]) -> None:
    border, enough = borders
    for shape in (
        {"x0": border, "x1": border, "y0": up[0], "y1": up[-1]},
        {"x0": across[0], "x1": across[-1], "y0": enough, "y1": enough},
    ):
        figure.add_shape(type="line", line={"color": GREY, "width": 1.5, "dash": "dot"}, **shape)


def _add_case_titles(
    figure: go.Figure, across: Sequence[float], up: Sequence[float], border: float, words: Mapping[str, str]
) -> None:
    middle = (across[0] + border) / 2, (border + across[-1]) / 2
    for name, x, y in (
        ("small_similar", middle[0], up[0] * FROM_EDGE),
        ("small_different", middle[1], up[0] * FROM_EDGE),
        ("large_similar", middle[0], up[-1] / FROM_EDGE),
        ("large_different", middle[1], up[-1] / FROM_EDGE),
    ):
        figure.add_scatter(
            x=[x],
            y=[y],
            mode="text",
            text=[words[name].replace(", ", ",<br>")],  # on a phone a quarter is narrow
            textfont={"size": 13},
            showlegend=False,
            hoverinfo="skip",
        )


def _add_point(figure: go.Figure, distance: Spot, count: float, title: str) -> None:
    figure.add_scatter(
        x=[distance.value],
        y=[count],
        mode="markers",
        marker={"size": 16, "color": COLOURS[1], "line": {"width": 2, "color": "white"}},
        error_x={"type": "data", "array": [1.96 * distance.error], "thickness": 2, "color": COLOURS[1]},
        showlegend=False,
        hovertemplate=f"{title}<extra></extra>",
    )


def _log_range(values: Sequence[float]) -> list[float]:
    from math import log10

    return [log10(values[0]), log10(values[-1])]
