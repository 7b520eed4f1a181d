"""Below the kernels: all norms, what is known of the chosen filter, which are alike, and what can be taken along."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.i18n import N_
from core.visualization.filters.export import FiltersExport
from core.visualization.filters.kernel_statistics import ALIKE_ABOVE, Filters
from core.visualization.filters.layout import FilterView, Matrix, matrix, sheet
from core.visualization.filters.script import FiltersRequest
from pages.components.i18n import _, number
from pages.components.layout.export_panel import Placed
from pages.visualization.filters.norm_chart import draw_norms
from pages.visualization.filters.text import range_words
from pages.visualization.number_format import show_number
from pages.visualization.selection import NAME, Selection

PAIRS = f"{NAME}.pairs"
INPUTS_NAMED = 4
COLOURS = (N_("red"), N_("green"), N_("blue"))


def draw_details(selection: Selection, found: Filters, view: FilterView, choose: Callable[[int], None]) -> Placed:
    """Draw all that stands below the kernels; `choose` is called with the filter that is clicked there.

    Return what is shown, its panel below what is known of the chosen filter.
    """
    draw_norms(found, view.order == "norm", view.filter, choose)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("  \n".join([_("**Filter {number}**", number=view.filter), *facts(found, view.filter)]))
    with right:
        _draw_pairs(found, choose)
    return Placed(FiltersExport(request=_request(selection, found, view), filters=found), left)


def facts(found: Filters, filter_number: int) -> list[str]:
    """Return what is known of one filter, line by line, in Markdown."""
    lines = [
        _(
            "norm {norm}, place {rank} of {count}",
            norm=show_number(found.norms[filter_number]),
            rank=found.rank(filter_number),
            count=len(found.norms),
        )
    ]
    if found.gains is not None:
        lines.append(
            _(
                "batch normalisation multiplies by {gain}: it acts with norm {strength}",
                gain=show_number(found.gains[filter_number]),
                strength=show_number(found.strengths[filter_number]),
            )
        )
    if found.dead[filter_number]:
        lines.append(_dead(found, filter_number))
    lines += _closest(found, filter_number)
    return [*lines, *_inputs(found, filter_number)]


def _dead(found: Filters, filter_number: int) -> str:
    if found.is_silenced(filter_number):
        return _("**dead**: batch normalisation multiplies it by almost nothing")
    return _("**dead**: its weights are almost 0")


def _closest(found: Filters, filter_number: int) -> list[str]:
    other, cosine = int(found.likeness.closest[filter_number]), float(found.likeness.cosines[filter_number])
    if other < 0:
        return []
    values = {"other": other, "cosine": number(cosine, ".3f")}
    if cosine > ALIKE_ABOVE:
        return [_("**duplicate** of filter {other}: cosine {cosine}", **values)]
    if cosine < -ALIKE_ABOVE:
        return [_("**opposite** of filter {other}: cosine {cosine}", **values)]
    return [_("most like filter {other}, with either sign: cosine {cosine}", **values)]


def _inputs(found: Filters, filter_number: int) -> list[str]:
    """Return which input channels have the largest shares of the filter's squared norm."""
    if found.convolution.is_depthwise or not found.norms[filter_number]:
        return []
    shares = found.input_shares(filter_number)
    numbers = found.convolution.inputs_of(filter_number)
    best = np.argsort(-shares, kind="stable")[:INPUTS_NAMED]
    names = (_(COLOURS[place]) if found.convolution.layout == "colour" else str(numbers[place]) for place in best)
    named = ", ".join(f"{name} ({number(shares[place], '.1%')})" for name, place in zip(names, best, strict=True))
    return [_("weighs most (share of the squared norm): input channels {channels}", channels=named)]


def _draw_pairs(found: Filters, choose: Callable[[int], None]) -> None:
    pairs = found.likeness.pairs
    st.markdown(_("**Filters that are alike**"))
    if not pairs:
        st.caption(_nobody_alike(found))
        return

    def remember() -> None:
        rows = st.session_state[PAIRS].selection.rows
        if rows and rows[0] < len(pairs):
            choose(pairs[rows[0]].first)

    kinds = {True: _("opposites"), False: _("duplicates")}
    table = {
        _("Filter"): [pair.first for pair in pairs],
        _("Other filter"): [pair.second for pair in pairs],
        _("Cosine"): [round(pair.cosine, 4) for pair in pairs],
        _("Kind"): [kinds[pair.is_opposite] for pair in pairs],
    }
    st.dataframe(table, hide_index=True, height=220, on_select=remember, selection_mode="single-row", key=PAIRS)
    total = found.likeness.duplicates + found.likeness.opposites
    if total > len(pairs):
        st.caption(_("The {count} most alike of {total} pairs.", count=len(pairs), total=total))


def _nobody_alike(found: Filters) -> str:
    if found.convolution.groups == found.convolution.filters:
        return _("Each filter sees an input channel of its own, so that none can stand in for another.")
    return _("None: no cosine between two filters is above {cosine} or below −{cosine}.", cosine=ALIKE_ABOVE)


def _request(selection: Selection, found: Filters, view: FilterView) -> FiltersRequest:
    """Return what the program is to reproduce; its texts are made now, in the visitor's language."""
    shown = matrix(found, view) if found.convolution.layout == "matrix" else sheet(found, view)
    parts = [selection.network, found.convolution.layer, "×".join(str(size) for size in found.convolution.shape)]
    if not isinstance(shown, Matrix) and shown.of_inputs:
        parts.append(_("filter {number}", number=view.filter))
    elif found.convolution.layout == "slices" and not found.convolution.is_depthwise:
        parts.append(_("input channel {number}", number=view.input))
    if shown.pages > 1:
        parts.append(_("page {page} of {pages}", page=shown.page, pages=shown.pages))
    in_colour = found.convolution.layout == "colour"
    return FiltersRequest(
        start=selection.start,
        layer=found.convolution.layer,
        view=view,
        caption=" · ".join(parts),
        range_label=range_words(shown.widest, view, in_colour),
    )
