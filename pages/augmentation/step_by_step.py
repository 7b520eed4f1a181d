"""One sample step by step, and what comes of it when two steps change places."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.augmentation.difference import difference_of
from core.augmentation.pipeline import Pipeline
from core.images.picture import Picture
from pages.augmentation.sample_text import line_of
from pages.augmentation.sections import PAGE, choose_sample
from pages.components.caches import augmentation
from pages.components.i18n import _, number
from pages.components.inputs.choices import choose
from pages.components.layout.image_tiles import Tile, draw_tiles


def draw(picture: Picture, pipeline: Pipeline, seed: int) -> None:
    """Draw the filmstrip of a sample, then the order demo."""
    which = choose_sample()
    (made,) = augmentation.augmented(picture, pipeline, seed, (which,))
    start = augmentation.augmented(picture, Pipeline(), seed, (which,))[0]
    tiles = [Tile(start.image, _("The picture"), [_size(start.image)])]
    for index, (drawn, image) in enumerate(zip(made.drawn, made.after, strict=True), 1):
        said = line_of(pipeline, drawn)
        tiles.append(Tile(image, str(index), [said or _("not its turn"), _size(image)], is_dim=not drawn.was_applied))
    draw_tiles(tiles, _("After step"))
    _draw_order(picture, pipeline, seed, which)


def _size(image: NDArray[np.uint8]) -> str:
    height, width = image.shape[:2]
    return f"{width} × {height}"


def _draw_order(picture: Picture, pipeline: Pipeline, seed: int, which: int) -> None:
    """Draw the sample beside that of the pipeline in which two neighbours have changed places."""
    st.subheader(_("Order matters"), anchor=False)
    active = Pipeline(steps=pipeline.active)
    pairs = list(zip(active.steps, active.steps[1:], strict=False))
    if not pairs:
        st.caption(_("Switch on two steps to see what their order does."))
        return
    places = list(range(len(pairs)))

    def title(index: int) -> str:
        first, second = pairs[index]
        return _("{first} ↔ {second}", first=_(first.entry.title), second=_(second.entry.title))

    first, second = pairs[choose(_("Two steps that change places"), places, title, f"{PAGE}.swapped")]
    swapped = active.moved(second.key, -1)
    (before,), (after,) = (augmentation.augmented(picture, order, seed, (which,)) for order in (active, swapped))
    names = [_(first.entry.title), _(second.entry.title)]
    difference = difference_of(before.image, after.image)
    tiles = [
        Tile(before.image, _("{first}, then {second}", first=names[0], second=names[1]), []),
        Tile(after.image, _("{first}, then {second}", first=names[1], second=names[0]), []),
    ]
    if difference is None:
        draw_tiles(tiles, _("Order"))
        st.caption(_("Even the sizes differ."))
        return
    tiles.append(Tile(difference.image, _("Difference"), [_("0 to {most} grey levels", most=difference.most)]))
    draw_tiles(tiles, _("Order"))
    if difference.most == 0:
        st.caption(_("These two commute here: with what this sample drew, the order does not matter."))
    else:
        st.caption(
            _("With the same random numbers, {share} of the pixels differ.", share=number(difference.share, ".0%")),
        )
