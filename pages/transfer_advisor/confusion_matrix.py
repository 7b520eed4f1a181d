"""The confusion matrix of a strategy, and the images behind each of its cells."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.transfer.comparison.cross_validation import ComparisonSetup, FoldResult
from core.transfer.comparison.verdict import Standing, confusion
from core.transfer.data.config import TransferConfig
from pages.components.caches import transfer
from pages.components.figures.transfer import confusion_matrix
from pages.components.i18n import _
from pages.components.inputs.choices import choose
from pages.transfer_advisor.labels import class_titles
from pages.transfer_advisor.plan_titles import plan_title
from pages.transfer_advisor.sections import PAGE

CLASSES_SHOWN = 20  # of more, no cell could be told from its neighbour
PICTURES_SHOWN = 24
Cell = tuple[int, int]
Cells = list[list[list[int]]]
CELL = f"{PAGE}.confusion_cell"


def draw(
    setup: TransferConfig, setting: ComparisonSetup, judged: Sequence[FoldResult], ranked: Sequence[Standing]
) -> None:
    """Draw the matrix of a plan that can be chosen, the best at first, and the pictures of a cell."""
    st.subheader(_("What is taken for what"), anchor=False)
    plans = [standing.plan for standing in ranked]
    plan = choose(_("Strategy"), plans, plan_title, f"{PAGE}.confusion_plan", width=320)
    names = class_titles(setting.classes, is_marked=setting.is_marked)
    cells = confusion(judged, setting.labels, plan, len(names))
    filled = _filled(cells)
    if filled and st.session_state.get(CELL) not in filled:
        st.session_state[CELL] = filled[0]
    chart, pictures = st.columns([3, 2], gap="large")
    with chart:
        if len(names) <= CLASSES_SHOWN:
            _draw_matrix(names, cells)
        else:
            st.caption(_("With so many classes, look at single confusions beside this."))
    with pictures:
        _draw_pictures(setup, setting, names, cells, filled)


def _filled(cells: Cells) -> list[Cell]:
    """Return the cells that hold pictures: those that are wrong first, the fullest first."""
    filled = [(row, column) for row, line in enumerate(cells) for column, places in enumerate(line) if places]
    return sorted(filled, key=lambda cell: (cell[0] == cell[1], -len(cells[cell[0]][cell[1]])))


def _draw_matrix(names: Sequence[str], cells: Cells) -> None:
    """Draw the matrix; a click on a cell chooses its pictures."""
    counts = [[len(places) for places in row] for row in cells]
    chosen: Cell | None = st.session_state.get(CELL)
    key = f"{PAGE}.confusion.{chosen}"  # anew for each choice, so that nothing stays selected

    def choose() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            row, column = points[0]["customdata"]
            st.session_state[CELL] = (int(row), int(column))

    st.plotly_chart(
        confusion_matrix(names, counts, _("answered"), _("true"), chosen),
        key=key,
        on_select=choose,
        selection_mode="points",
        alt=_("How often each class was taken for each"),
        config={"displayModeBar": False},
    )
    st.caption(_("Click a cell to see its pictures."))


def _draw_pictures(
    setup: TransferConfig, setting: ComparisonSetup, names: Sequence[str], cells: Cells, filled: Sequence[Cell]
) -> None:
    """Draw the pictures of the chosen cell, and the choice for those who do not click."""
    if not filled:
        return

    def say(cell: Cell) -> str:
        true, answered = cell
        count = len(cells[true][answered])
        if true == answered:
            return _("{name}, rightly: {count}", name=names[true], count=count)
        return _("{name} taken for {other}: {count}", name=names[true], other=names[answered], count=count)

    cell = choose(_("Pictures"), filled, say, CELL)
    places = cells[cell[0]][cell[1]]
    shown = tuple(setting.places[index] for index in places[:PICTURES_SHOWN])
    st.image(transfer.labelled_pictures(setup, shown), alt=say(cell))
    if len(places) > len(shown):
        st.caption(_("The first {shown} of {count}.", shown=len(shown), count=len(places)))
