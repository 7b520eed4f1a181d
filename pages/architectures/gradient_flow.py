"""How gradients fare on their way back: plain and residual networks, with and without batch normalisation, live."""

from __future__ import annotations

import streamlit as st

from core.architectures.teaching.gradient_flow import DEEPEST, Chain
from core.i18n import N_
from core.settings import Integer, Number, Toggle
from pages.components.caches import architectures
from pages.components.figures.gradient_flow import gradient_figure
from pages.components.i18n import _, power_of_ten
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "architectures"
BLOCKS = Integer(name="blocks", label=N_("Blocks of two"), default=15, minimum=1, maximum=DEEPEST // 2)
SCALE = Number(
    name="spread",
    label=N_("Spread of the weights"),
    default=0.8,
    minimum=0.3,
    maximum=1.6,
    step=0.1,
    format="%.1f",
    help=N_("1 is He’s initialisation, which keeps the variance through a ReLU; less or more is what one gets wrong."),
)
NORMALISED = Toggle(name="normalised", label=N_("Batch normalisation"), default=False)
DRAW = Integer(name="draw", label=N_("Seed"), default=0, minimum=0, maximum=999)


def draw() -> None:
    """Draw the settings, the norms of both networks by layer, and what they say."""
    st.markdown(
        _(
            "Two networks of the same convolutions, freshly drawn; one adds each block’s input to its output. Both "
            "see the "
            "same random pictures once. How large is the gradient that arrives at each layer?"
        )
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="gradient-toolbar"):
        blocks = draw_setting(BLOCKS, PAGE, width=150)
        scale = draw_setting(SCALE, PAGE, width=170)
        seed = draw_setting(DRAW, PAGE, width=110)
        normalised = draw_setting(NORMALISED, PAGE)
    both = [
        Chain(depth=2 * blocks, residual=residual, normalised=normalised, scale=scale, seed=seed)
        for residual in (False, True)
    ]
    plain, residual = (architectures.gradient_norms(chain) for chain in both)
    st.plotly_chart(
        gradient_figure(
            {_("plain"): plain, _("residual"): residual},
            {"layer": _("layer, from the picture to the answer"), "norm": _("norm of the gradient")},
        ),
        key=f"{PAGE}.gradients",
        alt=_("The norm of the gradient of each layer’s weights, plain and residual"),
        config={"displayModeBar": False},
    )
    st.markdown(
        _(
            "At the first layer arrives a gradient of norm {plain} in the plain network, of {residual} in the "
            "residual one.",
            plain=power_of_ten(plain[0], ".2g"),
            residual=power_of_ten(residual[0], ".2g"),
        )
    )
    st.caption(
        _(
            "A tiny gradient has vanished on its way through all the layers, a huge one has exploded; where layers "
            "differ "
            "by orders of magnitude, no learning rate fits them all. Turn the spread, and see what batch normalisation "
            "does to each of the two."
        )
    )
