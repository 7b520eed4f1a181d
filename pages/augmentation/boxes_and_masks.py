"""Section Boxes and masks: a box, a mask and key points transformed along, and the geometry as a grid and a matrix."""

from __future__ import annotations

import streamlit as st

from core.augmentation.boxes_and_masks import Target
from core.augmentation.pipeline import Pipeline
from core.i18n import N_
from core.images.picture import Picture
from core.settings import Number
from pages.augmentation.sections import PAGE, choose_sample
from pages.components.caches import augmentation
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout.image_tiles import Tile, draw_tiles

ACROSS = Number(name="box_x", label=N_("Across"), default=0.5, minimum=0.0, maximum=1.0, step=0.05)
DOWN = Number(name="box_y", label=N_("Down"), default=0.5, minimum=0.0, maximum=1.0, step=0.05)
SIZE = Number(name="box_size", label=N_("Size"), default=0.4, minimum=0.05, maximum=1.0, step=0.05)


def draw(picture: Picture, pipeline: Pipeline, seed: int) -> None:
    """Draw the box, mask and points of one sample, then its geometry."""
    st.markdown(_("Boxes, masks and key points follow the geometry of the pixels; colours do not concern them."))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="augmentation-along"):
        which = choose_sample()
        x = draw_setting(ACROSS, PAGE, as_slider=True, width=112)
        y = draw_setting(DOWN, PAGE, as_slider=True, width=112)
        size = draw_setting(SIZE, PAGE, as_slider=True, width=112)
    target = Target(x=x, y=y, width=size, height=size)
    before, after = augmentation.followed_target(picture, pipeline, seed, which, target)
    tiles = [Tile(before, _("The picture"), []), Tile(after, _("The sample"), [])]
    draw_tiles(tiles, _("With box, mask and points"), are_large=True)
    if any(step.entry.alone for step in pipeline.active):
        st.caption(_("Policies are left out here: torchvision applies them to pictures without boxes only."))
    _draw_geometry(picture, pipeline, seed, which)


def _draw_geometry(picture: Picture, pipeline: Pipeline, seed: int, which: int) -> None:
    st.subheader(_("The geometry"), anchor=False)
    shown, words = st.columns([3, 4], gap="large")
    geometry, image = augmentation.geometry(picture, pipeline, seed, which)
    with shown:
        st.image(image, width="stretch", alt=_("The original’s grid in the sample"))
    with words:
        st.markdown(
            _(
                "**{kept}** of the original’s area is still inside; **{filled}** of the sample shows none of it.",
                kept=number(geometry.kept, ".0%"),
                filled=number(geometry.filled, ".0%"),
            )
        )
        for name, row in zip(("x'", "y'"), geometry.matrix, strict=True):
            a, b, c = (number(value, "+.3g") for value in row)
            st.latex(f"{name} = {a.removeprefix('+')}\\,x {b}\\,y {c}".replace("−", "-").replace(",\\", "{,}\\"))
        if geometry.is_affine:
            st.caption(_("Pixels, from the upper left corner. The map is affine: straight lines stay straight."))
        else:
            st.caption(
                _(
                    "Pixels, from the upper left corner. The map is not affine: this is the nearest one, off by "
                    "{error} pixels.",
                    error=number(geometry.error, ".1f"),
                )
            )
