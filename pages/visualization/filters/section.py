"""The kernels of a layer: in colour, slice by slice or as a matrix, beside those before training, and their figures."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from core.visualization.filters.kernel_statistics import Filters
from core.visualization.filters.kernels import KernelSource
from core.visualization.filters.layout import (
    BESIDE,
    FILTER_ORDER,
    INPUT,
    SHEET,
    SLICES,
    SPAN,
    FilterView,
    Matrix,
    Sheet,
    matrix,
    sheet,
)
from pages.components.caches import visualization
from pages.components.canvas.map_grid import kernel_grid
from pages.components.canvas.weight_matrix import kernel_matrix
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout.export_panel import Placed
from pages.components.state import url_state
from pages.visualization.filters.convolution_select import Subject, choose_subject
from pages.visualization.filters.details import draw_details
from pages.visualization.filters.text import draw_reading, heading, matrix_words, sheet_words
from pages.visualization.selection import NAME, Selection, show_in_link

NUMBER = f"{NAME}.filter"
PAGED = f"{NAME}.paged"  # of which kernels the page was chosen
QUICK_PARAMETERS = 30_000_000  # a larger network takes seconds to be built, so that a person is asked before


@dataclass(frozen=True)
class Place:
    """Where filters are drawn: the beginning of its keys, and what a click there is about."""

    key: str
    selection: Selection
    subject: Subject

    def choose_anywhere(self, number: int) -> None:
        """Choose a filter, and the page that it is on."""
        self.subject.choose(number)
        _find_page()


def draw(selection: Selection) -> Placed | None:
    """Draw the filters of the chosen layer and return them, or draw why it has none and where there are some."""
    show_in_link(channel=selection.channel)
    subject = choose_subject(selection)
    if subject is None:
        return None
    with st.spinner(_("Comparing the filters…"), show_time=True):
        found = visualization.filters(selection.backbone, subject.convolution)
    view = _toolbar(selection, subject)
    _draw_heading(selection, found)
    place = Place(NAME, selection, subject)
    if selection.backbone.trained and url_state.initial(f"{NAME}.{BESIDE.name}", BESIDE):
        trained, untrained = st.columns(2, gap="medium")
        with trained:
            st.markdown(_("**Trained**"))
            page = _draw_filters(found, view, place)
        with untrained:
            _draw_untrained(view, replace(place, key=f"{NAME}.untrained"))
    else:
        page = _draw_filters(found, view, place)
    return draw_details(selection, found, replace(view, page=page), place.choose_anywhere)


def _find_page() -> None:
    st.session_state[f"{NAME}.{SHEET.name}"] = SHEET.default


def _toolbar(selection: Selection, subject: Subject) -> FilterView:
    """Draw the settings and return the view that they make."""
    convolution = subject.convolution
    has_slices = convolution.layout == "slices" and not convolution.is_depthwise
    slices, channel = SLICES.default, INPUT.default
    with st.container(key="toolbar", horizontal=True, gap="small", vertical_alignment="bottom"):
        if has_slices:
            slices = draw_setting(SLICES, NAME, on_change=_find_page)
            channel = _choose_input(convolution, slices == "input")
        if not has_slices or slices == "filter":
            _choose_number(selection, subject)
        order = draw_setting(FILTER_ORDER, NAME, on_change=_find_page)
        span = draw_setting(SPAN, NAME)
        if selection.backbone.trained:
            draw_setting(BESIDE, NAME)
    page = _page(f"{convolution.layer}/{slices}")
    return FilterView(filter=subject.filter(selection), input=channel, slices=slices, order=order, span=span, page=page)


def _page(identity: str) -> int:
    """Return the chosen page; of other kernels than before it is that of the chosen one."""
    page = url_state.initial(f"{NAME}.{SHEET.name}", SHEET)
    if st.session_state.setdefault(PAGED, identity) == identity:
        return page
    st.session_state[PAGED] = identity
    _find_page()
    return SHEET.default


def _choose_number(selection: Selection, subject: Subject) -> None:
    def choose() -> None:
        subject.choose(int(st.session_state[NUMBER]))
        _find_page()

    st.session_state[NUMBER] = subject.filter(selection)
    most = subject.convolution.filters - 1
    st.number_input(_("Filter"), min_value=0, max_value=most, step=1, key=NUMBER, width=122, on_change=choose)


def _choose_input(convolution: KernelSource, is_drawn: bool) -> int:
    """Return the chosen input channel; its widget is drawn where it decides what is shown."""
    setting = replace(INPUT, maximum=convolution.inputs - 1)
    key = f"{NAME}.{INPUT.name}"
    if url_state.initial(key, setting) >= convolution.inputs:
        st.session_state[key] = INPUT.default
    if is_drawn:
        return int(draw_setting(setting, NAME, width=122, on_change=_find_page))
    url_state.show(setting, st.session_state[key])
    return int(st.session_state[key])


def _draw_heading(selection: Selection, found: Filters) -> None:
    with st.container(key="filters-heading", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(heading(selection, found), width="stretch")
        draw_reading(found)


def _draw_filters(found: Filters, view: FilterView, place: Place) -> int:
    """Draw the page of filters that is asked for and return its number."""
    identity = f"{place.key}/{place.selection.backbone.entry.name}/{found.convolution.layer}"
    if found.convolution.layout == "matrix":
        shown = matrix(found, view)
        key = f"{place.key}.matrix"
        words = matrix_words(found, shown, view)
        kernel_matrix(key, shown, identity, view.filter, words, _remember(key, place.subject.choose))
        return _draw_pages(shown, place)
    return _draw_sheet(found, view, place, identity)


def _draw_sheet(found: Filters, view: FilterView, place: Place, identity: str) -> int:
    shown = sheet(found, view)
    key = f"{place.key}.kernels"
    words = sheet_words(found, shown, view)
    if shown.of_inputs:
        kernel_grid(key, shown, f"{identity}/{view.filter}", view.input, words, _remember(key, _choose_slice))
    else:
        kernel_grid(key, shown, identity, view.filter, words, _remember(key, place.subject.choose))
    return _draw_pages(shown, place)


def _draw_pages(shown: Sheet | Matrix, place: Place) -> int:
    if shown.pages > 1 and place.key == NAME:
        key = f"{NAME}.{SHEET.name}"
        st.session_state[key] = shown.page
        st.pagination(shown.pages, key=key, persist_state="session")
    if shown.pages > 1:
        url_state.show(SHEET, shown.page)
    return shown.page


def _draw_untrained(view: FilterView, place: Place) -> None:
    entry, convolution = place.selection.backbone.entry, place.subject.convolution
    st.markdown(_("**Untrained** · random, seed {seed}", seed=0))
    request = f"{place.key}.{entry.name}"
    is_quick = entry.parameters <= QUICK_PARAMETERS or visualization.has_untrained_filters(entry.name, convolution)
    if not is_quick and not st.session_state.get(request):
        with st.container(border=True):
            st.caption(_("{title} is large: building it once more, untrained, takes some seconds.", title=entry.title))
            st.button(_("Build it"), on_click=functools.partial(st.session_state.__setitem__, request, True))
        return
    with st.spinner(_("Building the untrained network…"), show_time=True):
        found = visualization.untrained_filters(entry.name, convolution)
    _draw_filters(found, view, place)


def _choose_slice(channel: int) -> None:
    st.session_state[f"{NAME}.{INPUT.name}"] = channel


def _remember(key: str, choose: Callable[[int], None]) -> Callable[[], None]:
    """Return a callback that takes over what was chosen in the component of that key."""

    def remember() -> None:
        number = (st.session_state.get(key) or {}).get("channel")
        if isinstance(number, int):
            choose(number)

    return remember
