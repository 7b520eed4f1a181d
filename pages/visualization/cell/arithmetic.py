"""How the value of the chosen cell is computed, number by number, from those of the layer before."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from core.i18n import N_
from core.settings import Integer
from core.visualization.arithmetic.explain import Cell, CellArithmetic, explain_cell
from core.visualization.arithmetic.export import ArithmeticExport
from core.visualization.arithmetic.records import CellOperation, Given, WeightedSum
from core.visualization.arithmetic.terms import terms_of
from pages.components.canvas.cell_arithmetic import Titles, cell_arithmetic_view
from pages.components.i18n import _
from pages.components.state import url_state
from pages.visualization.cell.arithmetic_text import facts, link_titles, term_titles, unexplained, words
from pages.visualization.selection import NAME, Selection, show_in_link, take_cell

VIEW = f"{NAME}.arithmetic"
CONTRIBUTIONS = Integer(name="contributions", label=N_("Contributions"), default=1, minimum=1)
"""The page of input channels that is shown; the first has the largest contributions."""
OF_CELL = f"{NAME}.contributions_of"
"""The cell whose page that is: another one begins with its largest contributions."""


def draw(selection: Selection) -> ArithmeticExport | None:
    """Draw the arithmetic of the chosen cell, from the numbers under its window to its value, and return it.

    It is None for a layer that is not taken apart.
    """
    cell = Cell(selection.layer.name, selection.channel, selection.row, selection.column)
    arithmetic = explain_cell(selection.backbone, selection.activations, selection.batch(), cell)
    terms = terms_of(arithmetic.operation, _page(selection, cell))
    show_in_link(channel=selection.channel, cell=selection.cell)
    if terms.pages > 1:
        url_state.show(CONTRIBUTIONS, terms.page)
    else:
        url_state.hide(CONTRIBUTIONS)
    _draw_head(arithmetic)
    if not _is_known(arithmetic.operation):
        st.info(unexplained(arithmetic))
        return None
    titles = Titles(*term_titles(arithmetic, terms), link_titles(arithmetic), words(arithmetic, terms))
    identity = "/".join(map(str, (*cell.place, cell.layer, terms.page, hash(selection.identity))))
    cell_arithmetic_view(VIEW, identity, arithmetic, terms, titles, _remember_cell, _remember_page)
    return ArithmeticExport(start=selection.start, stem=selection.stem, arithmetic=arithmetic)


def _draw_head(arithmetic: CellArithmetic) -> None:
    with st.container(key="arithmetic-head", horizontal=True, vertical_alignment="center", gap="medium"):
        title = _("How this number comes about")
        st.markdown(f"**{title}**  \n{facts(arithmetic)}", width="stretch")
        with st.popover(_("How to read it"), icon=":material/help:", width="content"):
            st.markdown(_lesson(arithmetic.operation))
            st.markdown(_reading())


def _reading() -> str:
    return _(
        "Move over the map on the left, use the arrow keys or press play: the window slides and the numbers follow. "
        "A click takes that cell: then the contributions are sorted anew.\n\n"
        "Numbers that are added have equally many decimals, so that the last one may be off by rounding. By hand it is "
        "computed with 64 bits, in the network with 32."
    )


def _lesson(operation: CellOperation) -> str:
    if isinstance(operation, WeightedSum):
        return _(
            "A convolution lays its kernel over a window of **each** input channel, multiplies the numbers that lie on "
            "each other (⊙) and adds all products of all channels, and the bias. That one number is a cell of the "
            "output. Hatched cells are padding. What follows, batch normalisation and activation function, changes "
            "each number for itself."
        )
    return _(
        "This layer has no weights: a maximum keeps the largest number under its window, an average adds them and "
        "divides by their count, and merging adds, multiplies or joins what several layers have computed at the same "
        "place."
    )


def _is_known(operation: CellOperation) -> bool:
    return not (isinstance(operation, Given) and operation.layer)


def _page(selection: Selection, cell: Cell) -> int:
    """Return the page of contributions, the first one of a cell that was not looked at just now."""
    key = f"{NAME}.{CONTRIBUTIONS.name}"
    looked_at: Hashable = (selection.identity, cell)
    if st.session_state.setdefault(OF_CELL, looked_at) != looked_at:
        st.session_state[OF_CELL] = looked_at
        st.session_state[key] = CONTRIBUTIONS.default
    return url_state.initial(key, CONTRIBUTIONS)


def _remember_cell() -> None:
    take_cell(VIEW)


def _remember_page() -> None:
    page = (st.session_state.get(VIEW) or {}).get("page")
    if isinstance(page, int):
        st.session_state[f"{NAME}.{CONTRIBUTIONS.name}"] = page
