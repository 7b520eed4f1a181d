"""What goes into the network and what comes out: the picture as it is received, and the most probable classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st
from PIL import Image

from core.i18n import N_
from core.images.picture import Picture
from core.images.preprocessing import Fit, fit_to_input
from core.settings import Choice
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout.class_bars import draw_top_classes
from pages.components.state import url_state

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Activations

FIT = Choice(
    name="fit",
    label=N_("Fit"),
    default="crop",
    options=(("crop", N_("Crop")), ("letterbox", N_("Whole"))),
    help=N_("How the picture is made square: its centre, as in training, or all of it with a margin."),
)
SHOWN_SIDE = 384


def fit_in_use() -> Fit:
    """Return how the picture is made square, before the choice itself is drawn."""
    fit = url_state.initial(f"visualization.{FIT.name}", FIT)
    url_state.show(FIT, fit)
    return cast(Fit, fit)


def draw_input(picture: Picture, backbone: Backbone, fit: Fit, activations: Activations) -> None:
    """Draw the picture as `backbone` receives it, the choice of its fit, and the five most probable classes."""
    given = fit_to_input(picture, backbone.preprocessing, fit)
    side = given.image.width
    scale = max(1, SHOWN_SIDE // side)
    pixels = given.image.resize((side * scale, side * scale), Image.Resampling.NEAREST)
    st.markdown(_("**Input: {side}×{side} px**", side=side))
    st.image(pixels, width="stretch", alt=_("The picture as the network receives it"))
    draw_setting(FIT, "visualization", label_visibility="collapsed", width="stretch")
    for note in given.notes:
        st.caption(_(note.message, **dict(note.values)))
    draw_top_classes(backbone, activations.logits, 5)
