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
    """Draw the knobs, both grids, and the size of the output with its formula; or why there is none."""
    st.markdown(
        _(
            "A window moves over the input, one step a cell of the output. Hover the output, or use the arrow keys "
            "in it."
        )
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="sliding-toolbar"):
        operation = draw_setting(OPERATION, PAGE)
        side, kernel, stride, padding, dilation = (
            draw_setting(knob, PAGE, width=125) for knob in (CELLS, KERNEL, STRIDE, PADDING, DILATION)
        )
    window = Window(kernel, stride, padding, dilation)
    places, formula = output_size(side, window), output_side(side, window)
    reach = dilation * (kernel - 1) + 1
    if operation == "pool" and 2 * padding > kernel:
        st.warning(
            _(
                "A pool may be padded by half of its kernel at most, {most} here: a window with nothing but padding "
                "would "
                "have no maximum. Choose less padding or a larger kernel.",
                most=kernel // 2,
            ),
            icon=":material/block:",
        )
        return
    if places < 1:
        st.warning(
            _(
                "The window covers {reach} cells, the padded input has {room}: it fits nowhere, and the output would "
                "have "
                "{formula} places. Choose more padding, a smaller kernel or less dilation.",
                reach=reach,
                room=side + 2 * padding,
                formula=formula.rpartition("= ")[2],
            ),
            icon=":material/block:",
        )
        return
    sliding_window(
        f"{PAGE}.window",
        {
            "side": side,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
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
    st.markdown(f"`{formula}`")
    unread = side + 2 * padding - ((places - 1) * stride + reach)
    if unread:
        st.caption(_("Rows and columns at the end that no window reads, padding included: {count}.", count=unread))
    if reach < stride:
        st.caption(_("The stride is larger than the window: cells between the windows are skipped."))
