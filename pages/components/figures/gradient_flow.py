"""The norm of the gradient by layer, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pages.components.figures.optimizers import COLOURS, HEIGHT

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

DASHES = ("dash", "solid")


def gradient_figure(norms: Mapping[str, NDArray[np.float64]], words: Mapping[str, str]) -> go.Figure:
    """Return a line for each network on a logarithmic scale; `words` holds the axes' titles, `layer` and `norm`."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for (name, values), colour, dash in zip(norms.items(), COLOURS[1::-1], DASHES, strict=True):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=values.tolist(),
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": 5},
            hovertemplate=f"{name}: %{{y:.3g}}<extra></extra>",
        )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        hovermode="x unified",
    )
    across, up = (words[axis] for axis in ("layer", "norm"))
    figure.update_xaxes(title=across, rangemode="tozero")
    figure.update_yaxes(title=up, type="log", exponentformat="power")
    return figure
