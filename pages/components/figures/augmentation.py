"""The augmentation page's charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 240  # px
CURVES_HEIGHT = 340
GREY = "rgba(128, 128, 128, 0.7)"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
LOOKS = (("#d55e00", "solid"), ("#009e73", "dash"), ("#0072b2", "dot"))
"""Red, green and blue, as colour-blind eyes tell them apart, with a dash each."""


def histograms(
    edges: NDArray[np.float64], counts: Mapping[str, NDArray[np.float64]], across: str, up: str
) -> go.Figure:
    """Return a line for each channel, by the names in `counts`: the share of its pixels between two edges."""
    import plotly.graph_objects as go

    figure = go.Figure()
    middles = (edges[:-1] + edges[1:]) / 2
    for (name, shares), (colour, dash) in zip(counts.items(), LOOKS, strict=True):
        line = {"color": colour, "dash": dash, "shape": "hvh", "width": 2}
        hover = f"{name} %{{x:.2f}}: %{{y:.1%}}<extra></extra>"
        figure.add_scatter(x=middles, y=shares, name=name, mode="lines", line=line, hovertemplate=hover)
    figure.update_xaxes(title=across)
    figure.update_yaxes(title=up, tickformat=".0%", rangemode="tozero")
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    figure.update_layout(height=HEIGHT, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend=legend)
    return figure


def stability_curves(
    values: NDArray[np.float64],
    curves: Mapping[str, NDArray[np.float32]],
    neutral: float,
    flips: Sequence[float],
    across: str,
    up: str,
) -> go.Figure:
    """Return the probability of each class, by the names in `curves`, along a transform; lines mark where it flips."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, (name, shares) in enumerate(curves.items()):
        line = {
            "color": COLOURS[index % len(COLOURS)],
            "dash": DASHES[index % len(DASHES)],
            "width": 3 if not index else 2,
        }
        hover = f"{name} %{{x:.2f}}: %{{y:.0%}}<extra></extra>"
        figure.add_scatter(x=values, y=shares, name=name, mode="lines", line=line, hovertemplate=hover)
    figure.add_vline(x=neutral, line={"color": GREY, "width": 1})
    for flip in flips:
        figure.add_vline(x=flip, line={"color": GREY, "width": 2, "dash": "dot"})
    figure.update_xaxes(title=across)
    figure.update_yaxes(title=up, tickformat=".0%", range=[0, 1.02])
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    figure.update_layout(height=CURVES_HEIGHT, margin={"l": 10, "r": 10, "t": 40, "b": 10}, legend=legend)
    return figure


def feature_map(
    places: NDArray[np.float64], start: NDArray[np.float64], others: NDArray[np.float64], words: Mapping[str, str]
) -> go.Figure:
    """Return points on a plane: a picture, its samples by number, and other pictures; `words` names the three."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=others[:, 0],
        y=others[:, 1],
        name=words["others"],
        mode="markers",
        marker={"color": GREY, "size": 9, "symbol": "square"},
        hoverinfo="name",
    )
    figure.add_scatter(
        x=places[:, 0],
        y=places[:, 1],
        name=words["samples"],
        mode="markers",
        text=[str(index + 1) for index in range(len(places))],
        marker={"color": COLOURS[0], "size": 9},
        hovertemplate="%{text}<extra></extra>",
    )
    figure.add_scatter(
        x=[start[0]],
        y=[start[1]],
        name=words["start"],
        mode="markers",
        marker={"color": COLOURS[1], "size": 15, "symbol": "star"},
        hoverinfo="name",
    )
    figure.update_xaxes(showticklabels=False, zeroline=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, zeroline=False, showgrid=False, scaleanchor="x", scaleratio=1)
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    figure.update_layout(height=CURVES_HEIGHT, margin={"l": 10, "r": 10, "t": 40, "b": 10}, legend=legend)
    return figure


@dataclass(frozen=True)
class Arm:
    """One way of training: by epoch, the mean accuracy over seeds, the least and the greatest."""

    name: str
    epochs: Sequence[int]
    means: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


def accuracy_curves(arms: Sequence[Arm], across: str, up: str) -> go.Figure:
    """Return a line for each arm, with a band from the least to the greatest."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, arm in enumerate(arms):
        colour = COLOURS[index]
        figure.add_scatter(
            x=[*arm.epochs, *reversed(arm.epochs)],
            y=[*arm.highs, *reversed(arm.lows)],
            fill="toself",
            fillcolor=colour,
            opacity=0.15,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=list(arm.epochs),
            y=list(arm.means),
            name=arm.name,
            mode="lines",
            line={"color": colour, "dash": DASHES[index], "width": 3},
            hovertemplate=f"{arm.name}: %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title=across, rangemode="tozero")
    figure.update_yaxes(title=up, tickformat=".0%", range=[0, 1.02])
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    figure.update_layout(height=CURVES_HEIGHT, margin={"l": 10, "r": 10, "t": 40, "b": 10}, legend=legend)
    return figure
