"""The transfer advisor's charts: counts, the map of four cases, what each stage is worth, and the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 26  # px
CELL = 34  # px
FRAME = 70
MAP_HEIGHT = 400
STAGES_HEIGHT = 260
CURVES_HEIGHT = 380
STRIP_HEIGHT = 96
FROZEN = "#66717d"
GREY = "rgba(128, 128, 128, 0.35)"
FROM_EDGE = 1.6  # times the least, or the most, pictures of each class: where the cases' titles stand
FULL = 0.5  # share of a class above which a cell is dark
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MARKERS = ("circle", "square", "diamond", "cross", "triangle-up")


@dataclass(frozen=True)
class Spot:
    """A value with how far it may be off."""

    value: float
    error: float


@dataclass(frozen=True)
class Bar:
    """A plan's accuracy with its interval; `is_advised` marks the one that was advised, `hover` says the rest."""

    title: str
    accuracy: float
    low: float
    high: float
    hover: str
    is_advised: bool


def class_counts(
    names: Sequence[str], counts: Sequence[int], taken: Sequence[int], taken_word: str, all_word: str
) -> go.Figure:
    """Return horizontal bars: how many pictures of each class are taken, over how many there are."""
    import plotly.graph_objects as go

    figure = go.Figure()
    places = list(range(len(names)))
    figure.add_bar(x=list(counts), y=places, orientation="h", name=all_word, marker={"color": GREY})
    figure.add_bar(x=list(taken), y=places, orientation="h", name=taken_word, marker={"color": COLOURS[0]})
    figure.update_yaxes(autorange="reversed", tickvals=places, ticktext=list(names), showgrid=False, ticks="")
    figure.update_xaxes(rangemode="tozero")
    figure.update_layout(
        barmode="overlay",
        height=FRAME + ROW * max(4, len(names)),
        margin={"l": 10, "r": 10, "t": 40, "b": 20},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
    )
    return figure


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
    border, enough = borders
    for shape in (
        {"x0": border, "x1": border, "y0": up[0], "y1": up[-1]},
        {"x0": across[0], "x1": across[-1], "y0": enough, "y1": enough},
    ):
        figure.add_shape(type="line", line={"color": GREY, "width": 1.5, "dash": "dot"}, **shape)
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
    place, count = spot
    figure.add_scatter(
        x=[place.value],
        y=[count],
        mode="markers",
        marker={"size": 16, "color": COLOURS[1], "line": {"width": 2, "color": "white"}},
        error_x={"type": "data", "array": [1.96 * place.error], "thickness": 2, "color": COLOURS[1]},
        showlegend=False,
        hovertemplate=f"{words['here']}<extra></extra>",
    )
    beside, below = words["up"], words["across"].replace(", ", ",<br>")
    figure.update_xaxes(title=below, range=[across[0], across[-1]], showgrid=False)
    figure.update_yaxes(title=beside, type="log", range=_log_range(up), showgrid=False, dtick=1)
    figure.update_layout(height=MAP_HEIGHT, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def _log_range(values: Sequence[float]) -> list[float]:
    from math import log10

    return [log10(values[0]), log10(values[-1])]


def stage_reading(
    stages: Sequence[str], values: Sequence[Spot | None], ticks: str, colour: str, chosen: int | None
) -> go.Figure:
    """Return a quantity along the stages, with error bars and the tick format `ticks`.

    The stage at the place `chosen` is marked.
    """
    import plotly.graph_objects as go

    there = [(place, spot) for place, spot in enumerate(values) if spot is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[stages[place] for place, _spot in there],
        y=[spot.value for _place, spot in there],
        error_y={"type": "data", "array": [1.96 * spot.error for _place, spot in there], "thickness": 1.5},
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"size": [13 if place == chosen else 7 for place, _spot in there], "color": colour},
        showlegend=False,
        hovertemplate="%{x}: %{y:.3f}<extra></extra>",
    )
    figure.update_yaxes(tickformat=ticks)
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(stages))
    figure.update_layout(height=STAGES_HEIGHT, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def accuracies(bars: Sequence[Bar], across: str) -> go.Figure:
    """Return the accuracy of each plan with its interval, the first at the top; the advised one is marked."""
    import plotly.graph_objects as go

    figure = go.Figure()
    places = list(range(len(bars)))
    for is_advised in (False, True):
        mine = [(place, bar) for place, bar in zip(places, bars, strict=True) if bar.is_advised == is_advised]
        figure.add_scatter(
            x=[bar.accuracy for _place, bar in mine],
            y=[place for place, _bar in mine],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [bar.high - bar.accuracy for _place, bar in mine],
                "arrayminus": [bar.accuracy - bar.low for _place, bar in mine],
                "thickness": 2,
                "width": 4,
            },
            mode="markers",
            marker={
                "size": 13 if is_advised else 9,
                "symbol": "diamond" if is_advised else "circle",
                "color": COLOURS[1] if is_advised else COLOURS[0],
            },
            customdata=[bar.hover for _place, bar in mine],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
    figure.update_yaxes(autorange="reversed", tickvals=places, ticktext=[bar.title for bar in bars], ticks="")
    figure.update_xaxes(title=across, tickformat=".0%", range=[0, 1.02])
    figure.update_layout(height=FRAME + ROW * max(3, len(bars)), margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def trained_stages(stages: Sequence[str], counts: Sequence[str], frozen: int, words: Mapping[str, str]) -> go.Figure:
    """Return the stages of a network in a row, the first `frozen` of them grey, with what is written in each.

    `words` holds `frozen` and `trained`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for is_frozen, name, colour in ((True, words["frozen"], FROZEN), (False, words["trained"], COLOURS[0])):
        mine = [place for place in range(len(stages)) if (place < frozen) == is_frozen]
        figure.add_bar(
            x=mine,
            y=[1] * len(mine),
            name=name,
            marker={"color": colour},
            text=[f"{stages[place]}<br>{counts[place]}" for place in mine],
            textposition="inside",
            insidetextfont={"color": "white"},
            textangle=0,
            insidetextanchor="middle",
            hoverinfo="skip",
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, range=[0, 1])
    figure.update_layout(
        height=STRIP_HEIGHT,
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        bargap=0.04,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )
    return figure


def confusion_matrix(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    answered: str,
    true: str,
    chosen: tuple[int, int] | None = None,
) -> go.Figure:
    """Return how often each class, a row, was taken for each, a column; the number stands in its cell.

    Filled cells can be clicked: their row and column come with the point. The `chosen` one has a frame.
    """
    import plotly.graph_objects as go

    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    places = list(range(len(names)))
    figure = go.Figure()
    figure.add_heatmap(
        z=shares,
        x=places,
        y=places,
        colorscale=[[0, "rgba(0, 114, 178, 0)"], [1, "rgba(0, 114, 178, 0.75)"]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{z:.0%}<extra></extra>",
    )
    for is_full, look in ((True, {"size": 13, "color": "white"}), (False, {"size": 13})):  # else of the theme's colour
        cells = [
            (row, column)
            for row, line in enumerate(shares)
            for column, share in enumerate(line)
            if counts[row][column] and (share > FULL) == is_full
        ]
        figure.add_scatter(
            x=[column for _row, column in cells],
            y=[row for row, _column in cells],
            text=[str(counts[row][column]) for row, column in cells],
            mode="text",
            textfont=look,
            showlegend=False,
            hoverinfo="skip",
        )
    filled = [(row, column) for row, line in enumerate(counts) for column, count in enumerate(line) if count]
    figure.add_scatter(  # Streamlit tells of clicks on points, not on cells
        x=[column for _row, column in filled],
        y=[row for row, _column in filled],
        customdata=[[row, column] for row, column in filled],
        text=[f"{shares[row][column]:.0%}" for row, column in filled],
        mode="markers",
        marker={"size": CELL - 4, "symbol": "square", "color": "rgba(0, 0, 0, 0)"},
        showlegend=False,
        hovertemplate="%{text}<extra></extra>",
    )
    if chosen is not None:
        row, column = chosen
        corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        figure.add_shape(type="rect", line={"color": COLOURS[1], "width": 2.5}, **corners)
    ticks = {"tickvals": places, "ticktext": list(names), "showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_xaxes(title=answered, range=[-0.5, len(names) - 0.5], tickangle=-35, automargin=True, **ticks)
    figure.update_yaxes(title=true, range=[len(names) - 0.5, -0.5], automargin=True, **ticks)
    figure.update_layout(height=170 + CELL * max(4, len(names)), margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def learning_curves(curves: Mapping[str, Sequence[tuple[int, float]]], across: str, up: str) -> go.Figure:
    """Return accuracy over pictures per class, a line a plan."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, (title, points) in enumerate(curves.items()):
        figure.add_scatter(
            x=[count for count, _accuracy in points],
            y=[accuracy for _count, accuracy in points],
            name=title,
            mode="lines+markers",
            line={
                "color": COLOURS[index % len(COLOURS)],
                "width": 2.5,
                "dash": DASHES[index // len(COLOURS) % len(DASHES)],
            },
            marker={"symbol": MARKERS[index // len(COLOURS) % len(MARKERS)], "size": 8},
            hovertemplate=f"{title}: %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title=across, type="log", dtick=0.30103)
    figure.update_yaxes(title=up, tickformat=".0%", range=[0, 1.02])
    figure.update_layout(
        height=CURVES_HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
    )
    return figure
