"""The curves by which maps of evidence are judged, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.visualization.attribution.methods import METHODS
from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.visualization.attribution.insertion_deletion import InsertionDeletion

HEIGHT = 300
DASHES = ("solid", "dash", "dot")
OTHER = {"color": "#8a929c", "dash": "dashdot"}


def curves_figure(
    judgements: Mapping[str, InsertionDeletion], titles: Mapping[str, str], words: Mapping[str, str]
) -> go.Figure:
    """Return insertion and deletion side by side, a line for each method; each keeps its look whatever is compared.

    `titles` has the methods' names in words, `words` the texts `insertion`, `deletion`, `share` and `probability`.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(1, 2, shared_yaxes=True, subplot_titles=(words["insertion"], words["deletion"]))
    for name, found in judgements.items():
        title = titles[name]
        look = {"mode": "lines", "line": {**_line(name), "width": 2}, "name": title, "legendgroup": title}
        for column, curve in ((1, found.insertion), (2, found.deletion)):
            hover = f"{title}: %{{y:.1%}}<extra></extra>"
            options = {"hovertemplate": hover, "showlegend": column == 1, "row": 1, "col": column}
            figure.add_scatter(x=found.shares, y=curve, **look, **options)
    share, probability = words["share"], words["probability"]
    figure.update_xaxes(title=share, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(title=probability, col=1)
    legend = {"orientation": "h", "y": -0.3}
    figure.update_layout(height=HEIGHT, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend=legend)
    return figure


def _line(method: str) -> dict[str, str]:
    if method not in METHODS:
        return OTHER
    index = list(METHODS).index(method)
    return {"color": COLOURS[index % len(COLOURS)], "dash": DASHES[index // len(COLOURS) % len(DASHES)]}
