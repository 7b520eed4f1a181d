"""Draws the summary of one channel: map, filter, receptive field, dataset example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from core.visualization.activations.drawing import MARGIN
from core.visualization.colormaps import colour
from core.visualization.filters.drawing import kernel_colours
from core.visualization.rendering import INK, PAPER, font

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import Box
    from core.visualization.activations.activation_capture import Maps
    from core.visualization.filters.kernel_statistics import Filters

SIDE = 288  # pixels
GAP = 4
SLICES = 9  # of a filter that are shown
BOX = (213, 94, 0)


def draw_map(values: Maps, low: float, high: float, signed: bool) -> Image.Image:
    """Return one map (height, width) in colour on the range from `low` to `high`, its longer side `SIDE` pixels."""
    return _fit(Image.fromarray(colour(values, low, high, signed)), SIDE)


def draw_box(image: Image.Image, box: Box | None) -> Image.Image:
    """Return `image` enlarged to `SIDE` pixels, with `box`, in its own pixels, outlined; None outlines all of it."""
    large = _fit(image, SIDE)
    scale = large.width / image.width
    corners = (0, 0, image.width, image.height) if box is None else (box.left, box.top, box.right, box.bottom)
    left, top, right, bottom = (round(place * scale) for place in corners)
    ImageDraw.Draw(large).rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=BOX, width=3)
    return large


def draw_filter(filters: Filters, number: int) -> tuple[Image.Image, tuple[int, ...]]:
    """Return filter `number` as a picture, and the input channels that its slices belong to, the heaviest first.

    One that sees the picture is one square in colour, for which no channels are returned.
    """
    kernel, convolution = filters.kernels[number], filters.convolution
    if convolution.layout == "colour":
        return _fit(Image.fromarray(kernel_colours(kernel, filters.reach)), SIDE), ()
    heaviest = np.argsort(-filters.input_shares(number), kind="stable")[:SLICES]
    slices = [Image.fromarray(kernel_colours(kernel[place], filters.reach)) for place in heaviest]
    inputs = convolution.inputs_of(number)
    return draw_together(slices), tuple(inputs[int(place)] for place in heaviest)


def draw_together(images: Sequence[Image.Image]) -> Image.Image:
    """Return up to nine images in a square of `SIDE` pixels, row by row, each enlarged to its place."""
    columns = 1 if len(images) == 1 else 2 if len(images) <= 4 else 3
    side = (SIDE - (columns - 1) * GAP) // columns
    rows = -(-len(images) // columns)
    canvas = Image.new("RGBA", (SIDE, max(1, rows * (side + GAP) - GAP)))
    for index, image in enumerate(images):
        fitted = _fit(image, side)
        corner = (index % columns * (side + GAP), index // columns * (side + GAP))
        canvas.paste(fitted, (corner[0] + (side - fitted.width) // 2, corner[1] + (side - fitted.height) // 2))
    return canvas


def draw_board(cards: Sequence[tuple[str, Image.Image]], caption: str) -> Image.Image:
    """Return titled pictures side by side, three in a row, under a caption, as an RGB image."""
    columns = max(1, min(3, len(cards)))
    wide, tall = SIDE + MARGIN, SIDE + 2 * MARGIN
    rows = -(-len(cards) // columns)
    canvas = Image.new("RGB", (max(560, columns * wide + MARGIN), rows * tall + 3 * MARGIN), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN // 2), caption, INK, font(15))
    for index, (title, image) in enumerate(cards):
        left, top = MARGIN + index % columns * wide, 2 * MARGIN + index // columns * tall
        pen.text((left, top), title, INK, font(13))
        fitted = _fit(image.convert("RGBA"), SIDE)
        canvas.paste(fitted, (left, top + MARGIN + 4), fitted)
    return canvas


def _fit(image: Image.Image, side: int) -> Image.Image:
    """Return `image` with its longer side as given, small ones enlarged without smoothing."""
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
