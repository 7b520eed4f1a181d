"""The grid of samples, each with what was really drawn for it."""

from __future__ import annotations

import streamlit as st

from core.augmentation.pipeline import Pipeline
from core.images.picture import Picture
from pages.augmentation.sample_text import lines_of
from pages.augmentation.sections import SAMPLES
from pages.components.caches import augmentation
from pages.components.i18n import _
from pages.components.layout.image_tiles import Tile, draw_tiles


def draw(picture: Picture, pipeline: Pipeline, seed: int) -> None:
    """Draw the samples."""
    st.markdown(
        _(
            "{count} samples of one picture, as a network would meet it in so many epochs. Turning one knob leaves all "
            "other random numbers as they are.",
            count=SAMPLES,
        )
    )
    tiles = [
        Tile(made.image, str(made.number + 1), lines_of(pipeline, made))
        for made in augmentation.augmented(picture, pipeline, seed, tuple(range(SAMPLES)))
    ]
    draw_tiles(tiles, _("Sample"))
