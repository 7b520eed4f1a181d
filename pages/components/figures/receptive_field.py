"""How receptive fields grow with depth, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from core.visualization.receptive_field.growth import GrowthPoint
from pages.components.figures.optimizers import HEIGHT
from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

BLUE, ORANGE, GREEN = COLOURS[:3]
GREY = "#8a8f98"
MANY = 120  # layers, from which on the points are small
LABEL_SHARE = 0.06  # of the axis that the name of a stage needs


def growth_figure(points: Sequence[GrowthPoint], chosen: str, pixels: int, words: Mapping[str, str]) -> go.Figure:
    """Return the receptive field of each layer in the order the data takes, beside the picture's `pixels`.

    Height and width are drawn apart where they differ anywhere; layers of which every cell sees the whole picture are
    marked at the picture's size, and `chosen` is ringed. Each point's `customdata` is its layer. `words` holds `size`,
    `height`, `width`, `whole`, `picture`, `chosen`, `layers` and `pixels`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    ends = [0.5, len(points) + 0.5]
    line = {"color": GREY, "dash": "dash", "width": 2}
    figure.add_scatter(x=ends, y=[pixels] * 2, name=words["picture"], mode="lines", line=line, hoverinfo="skip")
    if all(point.height == point.width for point in points):
        _add_sizes(figure, points, words["size"], BLUE, "solid", lambda point: point.height)
    else:
        _add_sizes(figure, points, words["height"], BLUE, "solid", lambda point: point.height)
        _add_sizes(figure, points, words["width"], ORANGE, "dot", lambda point: point.width)
    _add_whole(figure, points, pixels, words["whole"])
    _ring(figure, points, chosen, pixels, words["chosen"])
    _lay_out(figure, points, words)
    return figure


def _add_sizes(
    figure: go.Figure,
    points: Sequence[GrowthPoint],
    name: str,
    colour: str,
    dash: str,
    size: Callable[[GrowthPoint], int | None],
) -> None:
    figure.add_scatter(
        x=[point.number for point in points],
        y=[size(point) for point in points],
        customdata=[point.layer for point in points],
        text=[f"{point.layer} · {point.kind}" for point in points],
        name=name,
        mode="lines+markers",
        connectgaps=True,
        line={"color": colour, "width": 2, "dash": dash},
        marker={"color": colour, "size": _marker_size(points)},
        hovertemplate="%{text}<br>%{y} px<extra></extra>",
        **_UNDIMMED,
    )


def _add_whole(figure: go.Figure, points: Sequence[GrowthPoint], pixels: int, name: str) -> None:
    whole = [point for point in points if point.sees_all]
    if not whole:
        return
    figure.add_scatter(
        x=[point.number for point in whole],
        y=[pixels] * len(whole),
        customdata=[point.layer for point in whole],
        text=[f"{point.layer} · {point.kind}" for point in whole],
        name=name,
        mode="markers",
        marker={"color": GREEN, "size": _marker_size(points), "symbol": "square"},
        hovertemplate="%{text}<extra></extra>",
        **_UNDIMMED,
    )


def _marker_size(points: Sequence[GrowthPoint]) -> int:
    return 7 if len(points) <= MANY else 4


def _ring(figure: go.Figure, points: Sequence[GrowthPoint], chosen: str, pixels: int, name: str) -> None:
    """Ring the chosen layer where its size stands, height and width, or else at the picture's size."""
    found = [point for point in points if point.layer == chosen]
    places = [
        (point.number, size)
        for point in found
        for size in dict.fromkeys((point.height, point.width, pixels if point.sees_all else None))
        if size is not None
    ]
    figure.add_scatter(
        x=[x for x, _y in places],
        y=[y for _x, y in places],
        name=name,
        mode="markers",
        marker={"size": 16, "color": "rgba(0,0,0,0)", "line": {"width": 2.5, "color": "#1597c4"}},
        hoverinfo="skip",
        **_UNDIMMED,
    )


_UNDIMMED = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
"""A click chooses the layer; the other points stay as they are."""


def _lay_out(figure: go.Figure, points: Sequence[GrowthPoint], words: Mapping[str, str]) -> None:
    """Lay the figure out like the others; the stages stand below, each where it begins."""
    starts: list[tuple[int, str]] = []
    for stage, group in groupby(points, lambda point: point.stage):
        number = next(group).number
        if not starts or number - starts[-1][0] >= LABEL_SHARE * len(points):
            starts.append((number, stage))
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        clickmode="event+select",
        xaxis={
            "title": words["layers"],
            "tickvals": [number for number, _stage in starts],
            "ticktext": [words.get(stage, stage) for _number, stage in starts],
            "range": [0, len(points) + 1],
            "showgrid": True,
        },
        yaxis={"title": words["pixels"], "rangemode": "tozero"},
    )
