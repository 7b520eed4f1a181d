"""The transfer advisor's charts: counts, the map of four cases, what each stage is worth, and the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go
from pages.components.figures.case_map import Spot
from pages.components.figures.palette import GREY

ROW = 26  # px
FRAME = 70
STAGES_HEIGHT = 260
CURVES_HEIGHT = 380
STRIP_HEIGHT = 96
FROZEN = "#66717d"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MARKERS = ("circle", "square", "diamond", "cross", "triangle-up")


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
