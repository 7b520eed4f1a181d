"""The confusion matrix as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pages.components.figures.palette import COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go


CELL = 34  # px
FULL = 0.5  # share of a class above which a cell is dark


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
    _add_counts(figure, counts, shares)
    _add_click_targets(figure, counts, shares)
    if chosen is not None:
        _add_frame(figure, *chosen)
    ticks = {"tickvals": places, "ticktext": list(names), "showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_xaxes(title=answered, range=[-0.5, len(names) - 0.5], tickangle=-35, automargin=True, **ticks)
    figure.update_yaxes(title=true, range=[len(names) - 0.5, -0.5], automargin=True, **ticks)
    figure.update_layout(height=170 + CELL * max(4, len(names)), margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def _add_counts(figure: go.Figure, counts: Sequence[Sequence[int]], shares: Sequence[Sequence[float]]) -> None:
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


def _add_click_targets(figure: go.Figure, counts: Sequence[Sequence[int]], shares: Sequence[Sequence[float]]) -> None:
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


def _add_frame(figure: go.Figure, row: int, column: int) -> None:
    corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    figure.add_shape(type="rect", line={"color": COLOURS[1], "width": 2.5}, **corners)
