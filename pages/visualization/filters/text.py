"""What is said of filters: the line above them, what hovering reads, the ranges, and how to read it all."""

from __future__ import annotations

import streamlit as st

from core.visualization.filters.kernel_statistics import ALIKE_ABOVE, DEAD_BELOW, Filters
from core.visualization.filters.kernels import KernelSource, why_none
from core.visualization.filters.layout import FilterView, Matrix, Sheet
from pages.components.i18n import _, number
from pages.visualization.number_format import show_number
from pages.visualization.selection import Selection


def heading(selection: Selection, found: Filters) -> str:
    """Return whose filters these are, how many of which size, and how many are dead or alike, in Markdown."""
    convolution = found.convolution
    title = f"**`{convolution.layer}`**"
    if convolution.layer != selection.layer.name and not why_none(selection.backbone, selection.layer.name):
        title = _("{convolution}, whose channels `{layer}` hands on", convolution=title, layer=selection.layer.name)
    return " · ".join((title, *_shape(convolution), *_judgement(found)))


def _shape(convolution: KernelSource) -> list[str]:
    filters, inputs, height, width = convolution.shape
    sizes = {"filters": filters, "inputs": inputs, "height": height, "width": width}
    if convolution.kind == "linear":
        return [_("{filters} rows of {inputs} weights, a linear layer", **sizes)]
    facts = [_("{filters} filters of {inputs}×{height}×{width}", **sizes)]
    if convolution.is_depthwise and convolution.groups > 1:
        facts.append(_("depthwise: each sees one channel"))
    elif convolution.groups > 1:
        facts.append(_("{groups} groups", groups=convolution.groups))
    if convolution.stride != (1, 1):
        facts.append(_("stride {stride}", stride="×".join(str(step) for step in dict.fromkeys(convolution.stride))))
    if convolution.dilation != (1, 1):
        facts.append(
            _("dilation {dilation}", dilation="×".join(str(step) for step in dict.fromkeys(convolution.dilation)))
        )
    return facts


def _judgement(found: Filters) -> list[str]:
    dead, likeness = int(found.dead.sum()), found.likeness
    facts = [_("{dead} dead", dead=dead) if dead else _("none dead")]
    if likeness.duplicates:
        facts.append(_("pairs of duplicates: {count}", count=likeness.duplicates))
    if likeness.opposites:
        facts.append(_("pairs of opposites: {count}", count=likeness.opposites))
    if not likeness.duplicates and not likeness.opposites:
        facts.append(_("no two alike"))
    return facts


def range_words(widest: float, view: FilterView, in_colour: bool) -> str:
    """Return in words on which range kernels are coloured."""
    bounds = {"low": show_number(-widest), "high": show_number(widest)}
    if view.span == "layer":
        text = _("one range for the layer, {low} to {high}", **bounds)
    else:
        text = _("each kernel on its own range, at most {low} to {high}", **bounds)
    return _("{range}; grey is 0", range=text) if in_colour else text


def sheet_words(found: Filters, shown: Sheet, view: FilterView) -> dict[str, str]:
    """Return the texts of a page of kernels."""
    hint = _("Hover to read weights; click or arrow keys choose a filter.")
    if shown.in_colour:
        cell = _("filter {channel} · row {y}, column {x}: red {red}, green {green}, blue {blue}")
        dead = _("filter {channel}, dead · row {y}, column {x}: red {red}, green {green}, blue {blue}")
    elif shown.of_inputs:
        cell = dead = _("input channel {channel} · row {y}, column {x}: {value} (colours ±{high})")
        hint = _("Slices of filter {filter}, one for each input channel; hover to read.", filter=view.filter)
    else:
        cell = _("filter {channel} · row {y}, column {x}: {value} (colours ±{high})")
        dead = _("filter {channel}, dead · row {y}, column {x}: {value} (colours ±{high})")
    count = len(shown.numbers)
    name = found.convolution.layer
    return {
        "hint": hint,
        "cell": cell,
        "dead": dead,
        "alternative": _("{count} kernels of {layer}", count=count, layer=name),
        **_bounds(shown.widest, view, shown.in_colour),
    }


def matrix_words(found: Filters, shown: Matrix, view: FilterView) -> dict[str, str]:
    """Return the texts of a matrix of kernels."""
    rows, columns = shown.weights.shape
    if found.convolution.groups > 1:
        head = _("a row for each filter, a column for each of the {count} input channels of its group", count=columns)
    else:
        head = _("a row for each filter, a column for each of the {count} input channels", count=columns)
    return {
        "columns": head,
        "hint": _("Hover to read weights; click or arrow keys choose a filter."),
        "cell": _("filter {channel} · input channel {input}: {value} (colours ±{high})"),
        "dead": _("filter {channel}, dead · input channel {input}: {value} (colours ±{high})"),
        "alternative": _(
            "Matrix of {rows}×{columns} weights of {layer}", rows=rows, columns=columns, layer=found.convolution.layer
        ),
        **_bounds(shown.widest, view, False),
    }


def _bounds(widest: float, view: FilterView, in_colour: bool) -> dict[str, str]:
    return {
        "range": range_words(widest, view, in_colour),
        "low": show_number(-widest),
        "high": show_number(widest),
    }


def draw_reading(found: Filters) -> None:
    """Draw how the filters are to be read, one click away."""
    pictures = {
        "colour": _(
            "Each square is one filter: how much red, green and blue it wants at each place. Grey stands for 0; the "
            "lighter a colour, the more of it the filter wants, the darker, the less. Trained filters look for edges, "
            "gratings and contrasts of colour; untrained ones are noise."
        ),
        "slices": _(
            "A filter has one slice for each input channel that it sees, and puts out the sum over all of them. Where "
            "a weight is red the input adds to that, where it is blue it takes away."
        ),
        "matrix": _(
            "Kernels of 1×1 look at one place only: they mix channels. A row is a filter, a column an input channel; "
            "where a weight is red the input adds to what the filter puts out, where it is blue it takes away."
        ),
    }
    with st.popover(_("How to read this"), icon=":material/help:", width="content"):
        st.markdown(pictures[found.convolution.layout])
        st.markdown(
            _(
                "The **norm** of a filter is √Σw² over all its weights. It counts as **dead** when its norm, times "
                "what the batch normalisation that follows multiplies by, is under {share} of the layer's median: what "
                "it puts out then hardly depends on the picture.",
                share=number(DEAD_BELOW, ".0%"),
            )
        )
        st.markdown(
            _(
                "Two filters that see the same input channels are **duplicates** when the cosine between their weights "
                "is above {cosine}, **opposites** when it is below −{cosine}.",
                cosine=ALIKE_ABOVE,
            )
        )
