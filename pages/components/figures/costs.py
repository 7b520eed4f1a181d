"""What several things cost, stages or networks, as bars side by side; and staircases of resolution and channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 34  # px
FRAME = 56
STAIRCASE_HEIGHT = 340
DASHES = ("solid", "dash", "dot")
ROOM = 1.42  # of the longest bar, for what is written at it


@dataclass(frozen=True)
class Bars:
    """One of the quantities: its title, each row's value, what is written at its bar, and what a pointer at it says."""

    title: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    hovers: tuple[str, ...]


@dataclass(frozen=True)
class Staircase:
    """A network: after how many layers its blocks end, and the side and the channels of the maps that leave them."""

    title: str
    layers: tuple[int, ...]
    sides: tuple[int, ...]
    channels: tuple[int, ...]


def cost_bars(rows: Sequence[str], columns: Sequence[Bars]) -> go.Figure:
    """Return horizontal bars, a row a thing from the top, a column a quantity on a scale of its own."""
    from plotly.subplots import make_subplots

    titles = [column.title for column in columns]
    figure = make_subplots(rows=1, cols=len(columns), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.03)
    for index, (column, colour) in enumerate(zip(columns, COLOURS, strict=False), 1):
        figure.add_bar(
            x=column.values,
            y=list(range(len(rows))),
            orientation="h",
            marker={"color": colour},
            text=column.texts,
            customdata=column.hovers,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
            row=1,
            col=index,
        )
        figure.update_xaxes(range=[0, ROOM * max(*column.values, 1e-9)], visible=False, row=1, col=index)
    numbers = list(range(len(rows)))
    figure.update_yaxes(autorange="reversed", tickvals=numbers, ticktext=list(rows), showgrid=False, ticks="")
    figure.update_layout(height=FRAME + ROW * len(rows), margin={"l": 10, "r": 10, "t": 34, "b": 6}, bargap=0.35)
    figure.update_annotations(font_size=14)
    return figure


def staircases(networks: Sequence[Staircase], words: Mapping[str, str]) -> go.Figure:
    """Return how resolution falls and channels grow along the layers, all networks on the same axes.

    `words` holds `side`, `channels` and `layers`.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, subplot_titles=[words["side"], words["channels"]], horizontal_spacing=0.08)
    for index, network in enumerate(networks):
        look = {"color": COLOURS[index], "width": 2.5, "shape": "vh", "dash": DASHES[index]}
        for column, values in enumerate((network.sides, network.channels), 1):
            figure.add_scatter(
                x=[0, *network.layers],
                y=[values[0], *values],
                name=network.title,
                legendgroup=network.title,
                showlegend=column == 1,
                mode="lines",
                line=look,
                hovertemplate=f"{network.title}: %{{y}}<extra></extra>",
                row=1,
                col=column,
            )
    across = words["layers"]
    figure.update_xaxes(title=across, rangemode="tozero")
    figure.update_yaxes(type="log", dtick=0.30103, exponentformat="none")
    figure.update_layout(
        height=STAIRCASE_HEIGHT,
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.12},
        hovermode="x unified",
    )
    figure.update_annotations(font_size=14)
    return figure
