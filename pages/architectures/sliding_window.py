"""What stride, padding and dilation do to a grid: the window slides under the pointer, the formula stands below."""

from __future__ import annotations

import streamlit as st

from core.architectures.graph.output_size import output_side, output_size
from core.architectures.graph.windows import Window
from core.i18n import N_
from core.settings import Choice, Integer
from pages.components.canvas.sliding_window import sliding_window
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "architectures"
CELLS = Integer(name="cells", label=N_("Cells"), default=8, minimum=1, maximum=12)
KERNEL = Integer(name="kernel", label=N_("Kernel"), default=3, minimum=1, maximum=7)
STRIDE = Integer(name="stride", label=N_("Stride"), default=2, minimum=1, maximum=4)
PADDING = Integer(name="padding", label=N_("Padding"), default=1, minimum=0, maximum=4)
DILATION = Integer(name="dilation", label=N_("Dilation"), default=1, minimum=1, maximum=3)
OPERATION = Choice(
    name="slides",
    label=N_("Operation"),
    default="convolution",
    options=(("convolution", N_("Convolution")), ("pool", N_("Max pooling"))),
)


def draw() -> None:
    """Draw the settings, both grids, and the size of the output with its formula; or why there is none."""
    st.markdown(
        _(
            "A window moves over the input, one step a cell of the output. Hover the output, or use the arrow keys "
            "in it."
        )
    )
    operation, side, window = _choose()
    misfit = _misfit(operation, side, window)
    if misfit:
        st.warning(misfit, icon=":material/block:")
        return
    _draw_window(side, window)
    st.markdown(f"`{output_side(side, window)}`")
    places, reach = output_size(side, window), _reach(window)
    unread = side + 2 * window.padding - ((places - 1) * window.stride + reach)
    if unread:
        st.caption(_("Rows and columns at the end that no window reads, padding included: {count}.", count=unread))
    if reach < window.stride:
        st.caption(_("The stride is larger than the window: cells between the windows are skipped."))


def _choose() -> tuple[str, int, Window]:
    """Draw the settings and return the operation, the side of the input in cells, and the window."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="sliding-toolbar"):
        operation = draw_setting(OPERATION, PAGE)
        side, kernel, stride, padding, dilation = (
            draw_setting(setting, PAGE, width=125) for setting in (CELLS, KERNEL, STRIDE, PADDING, DILATION)
        )
    return operation, side, Window(kernel, stride, padding, dilation)


def _reach(window: Window) -> int:
    """Return how many cells a window covers, from its first tap to its last."""
    return window.dilation * (window.kernel - 1) + 1


def _misfit(operation: str, side: int, window: Window) -> str:
    """Return why there is no output, or an empty string."""
    if operation == "pool" and 2 * window.padding > window.kernel:
        return _(
            "A pool may be padded by half of its kernel at most, {most} here: a window with nothing but padding "
            "would "
            "have no maximum. Choose less padding or a larger kernel.",
            most=window.kernel // 2,
        )
    if output_size(side, window) < 1:
        return _(
            "The window covers {reach} cells, the padded input has {room}: it fits nowhere, and the output would "
            "have "
            "{formula} places. Choose more padding, a smaller kernel or less dilation.",
            reach=_reach(window),
            room=side + 2 * window.padding,
            formula=output_side(side, window).rpartition("= ")[2],
        )
    return ""


def _draw_window(side: int, window: Window) -> None:
    places = output_size(side, window)
    sliding_window(
        f"{PAGE}.window",
        {
            "side": side,
            "kernel": window.kernel,
            "stride": window.stride,
            "padding": window.padding,
            "dilation": window.dilation,
            "places": places,
        },
        {
            "input": _("input {side}×{side}, padding dashed", side=side),
            "output": _("output {places}×{places}", places=places),
            "cell": _(
                "output cell ({row}, {column}): the window begins at row {top}, column {left} of the input",
                row="{row}",
                column="{column}",
                top="{top}",
                left="{left}",
            ),
        },
    )
