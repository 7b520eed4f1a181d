"""What each stage of a network costs, as three bars beside each other: a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.components.looks import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 34  # px
FRAME = 56


@dataclass(frozen=True)
class Bars:
    """One of the quantities: its title, each stage's value, and what is written at each bar."""

    title: str
    values: tuple[float, ...]
    texts: tuple[str, ...]


def stage_bars(stages: Sequence[str], columns: Sequence[Bars], words: Mapping[str, str]) -> go.Figure:
    """Return horizontal bars, a row a stage from the top, a column a quantity on a scale of its own.

    Bars are shares of the total; the share stands at each. `words` holds `share`.
    """
    from plotly.subplots import make_subplots

    titles = [column.title for column in columns]
    figure = make_subplots(rows=1, cols=len(columns), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.03)
    for place, (column, colour) in enumerate(zip(columns, COLOURS, strict=False), 1):
        total = sum(column.values) or 1.0
        shares = [100 * value / total for value in column.values]
        figure.add_bar(
            x=shares,
            y=list(range(len(stages))),
            orientation="h",
            marker={"color": colour},
            text=column.texts,
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{text}} · %{{x:.1f}} % {words['share']}<extra></extra>",
            showlegend=False,
            row=1,
            col=place,
        )
        figure.update_xaxes(range=[0, 1.42 * max(shares)], visible=False, row=1, col=place)
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(stages))), ticktext=list(stages), showgrid=False, ticks=""
    )
    figure.update_layout(
        height=FRAME + ROW * len(stages),
        margin={"l": 10, "r": 10, "t": 34, "b": 6},
        bargap=0.35,
        uniformtext_minsize=12,
    )
    figure.update_annotations(font_size=14)
    return figure
