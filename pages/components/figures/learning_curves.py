"""Loss and accuracy of a training by epoch, as a Plotly figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.architectures.builder.training import BuilderTrainingEvent
from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 300


def learning_figure(events: Sequence[BuilderTrainingEvent], words: Mapping[str, str]) -> go.Figure:
    """Return two curves side by side; `words` holds `epoch`, `loss` and `accuracy`."""
    from plotly.subplots import make_subplots

    titles = [words[part] for part in ("loss", "accuracy")]
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, horizontal_spacing=0.08)
    judged = [event for event in events if not math.isnan(event.accuracy)]
    curves = (
        ([event.epoch for event in events], [event.loss for event in events], "lines"),
        ([event.epoch for event in judged], [event.accuracy for event in judged], "lines+markers"),
    )
    for index, (x, y, mode) in enumerate(curves, 1):
        figure.add_scatter(
            x=x, y=y, mode=mode, line={"color": COLOURS[index - 1], "width": 2.5}, showlegend=False, row=1, col=index
        )
    across = words["epoch"]
    figure.update_xaxes(title=across, rangemode="tozero")
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", row=1, col=2)
    figure.update_layout(height=HEIGHT, margin={"l": 10, "r": 10, "t": 34, "b": 10})
    figure.update_annotations(font_size=14)
    return figure
