"""The augmentation page's charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 240  # px
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
