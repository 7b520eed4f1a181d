"""The norms of all filters of a layer as bars; a click on one chooses its filter."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.visualization.filters.kernel_statistics import Filters
from pages.components.figures import palette
from pages.components.i18n import _
from pages.visualization.selection import NAME

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 240  # px; it stands below a larger picture
KEY = f"{NAME}.norms"
PLAIN, ALIKE, DEAD, CHOSEN = "#7a8794", palette.COLOURS[4], palette.COLOURS[1], "#1597c4"


def draw_norms(found: Filters, by_norm: bool, chosen: int, choose: Callable[[int], None]) -> None:
    """Draw the bars; `choose` is called with the number of a filter whose bar was clicked."""
    words = {
        "filter": _("filter"),
        "by_norm": _("filters, the largest norm first"),
        "norm": _("L2 norm"),
        "strength": _("with batch normalisation"),
        "plain": _("filters"),
        "alike": _("duplicates and opposites"),
        "dead": _("dead"),
        "chosen": _("filter {number}", number=chosen),
    }
    figure = norm_figure(found, by_norm, chosen, words)
    st.plotly_chart(
        figure,
        width="stretch",
        key=KEY,
        on_select=functools.partial(_remember, order_of(found, by_norm), choose),
        selection_mode="points",
        config={"displayModeBar": False},
    )


def norm_figure(found: Filters, by_norm: bool, chosen: int, words: dict[str, str]) -> go.Figure:
    """Return the norm of each filter as a bar, by number or the largest first."""
    import plotly.graph_objects as go

    order = order_of(found, by_norm)
    figure = go.Figure()
    for kind, colour, members in _kinds(found, chosen):
        places = np.flatnonzero(members[order])
        if len(places):
            figure.add_bar(
                x=places,
                y=found.norms[order[places]],
                customdata=np.stack([order[places], found.strengths[order[places]]], axis=1),
                name=words[kind],
                marker={"color": colour, "line": {"width": 0}},
                unselected={"marker": {"opacity": 1}},
                hovertemplate=_hover(found, words),
            )
    _mark_dead(figure, np.flatnonzero(found.dead[order]))
    _lay_out(figure, words["by_norm" if by_norm else "filter"], words["norm"], len(order))
    figure.update_xaxes(showticklabels=not by_norm)
    return figure


def _kinds(found: Filters, chosen: int) -> list[tuple[str, str, NDArray[np.bool_]]]:
    is_chosen = np.arange(len(found.norms)) == chosen
    alike = found.likeness.alike
    return [
        ("plain", PLAIN, ~alike & ~found.dead & ~is_chosen),
        ("alike", ALIKE, alike & ~is_chosen),
        ("dead", DEAD, found.dead & ~is_chosen),
        ("chosen", CHOSEN, is_chosen),
    ]


def _hover(found: Filters, words: dict[str, str]) -> str:
    lines = [f"{words['filter']} %{{customdata[0]:.0f}}", f"{words['norm']} %{{y:.3g}}"]
    if found.gains is not None:
        lines.append(f"{words['strength']} %{{customdata[1]:.3g}}")
    return "<br>".join(lines) + "<extra></extra>"


def _mark_dead(figure: go.Figure, places: NDArray[np.intp]) -> None:
    """Mark the bars of dead filters, which may be too low to be seen."""
    if len(places):
        marker = {"symbol": "x", "size": 7, "color": DEAD}
        zeros = np.zeros(len(places))
        figure.add_scatter(x=places, y=zeros, mode="markers", marker=marker, showlegend=False, hoverinfo="skip")


def _lay_out(figure: go.Figure, x: str, y: str, count: int) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        showlegend=True,
        barmode="overlay",
        bargap=0.15 if count <= 256 else 0,
        xaxis={"title": x, "range": [-0.6, count - 0.4]},
        yaxis={"title": y, "rangemode": "tozero"},
    )


def order_of(found: Filters, by_norm: bool) -> NDArray[np.intp]:
    """Return the filters in the order of their bars."""
    return np.argsort(-found.norms, kind="stable") if by_norm else np.arange(len(found.norms))


def _remember(order: NDArray[np.intp], choose: Callable[[int], None]) -> None:
    points = st.session_state[KEY].selection.points
    place = round(points[0]["x"]) if points else -1
    if 0 <= place < len(order):
        choose(int(order[place]))
