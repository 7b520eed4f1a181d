"""Draws filters: kernels in colour, slices and matrices on a signed colour map, with their range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.visualization.activations.drawing import DEAD, GAP, MARGIN, columns_for
from core.visualization.colormaps import colour, palette
from core.visualization.filters.kernel_statistics import Filters
from core.visualization.filters.kernels import Kernels
from core.visualization.filters.layout import FilterView, Matrix, Sheet, matrix, sheet
from core.visualization.rendering import INK, PAPER, font

SMALLEST_KERNEL = 36  # px
LABEL = 14  # px under a kernel for its number
HEAD, FOOT = 28, 44  # px for the caption and for the range
NARROWEST = 560  # px, so that caption and range have room
GREYS: NDArray[np.uint8] = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def draw_filters(filters: Filters, view: FilterView, caption: str, range_label: str) -> Image.Image:
    """Return what `view` shows of the filters as an RGB image: the caption, the kernels, and the colour range.

    Each weight is a square of whole pixels, without smoothing; dead filters are crossed out.
    """
    if filters.convolution.layout == "matrix":
        return _draw_matrix(matrix(filters, view), caption, range_label)
    return _draw_sheet(sheet(filters, view), caption, range_label)


def kernel_colours(kernel: Kernels, reach: float) -> NDArray[np.uint8]:
    """Return the colours of a kernel, uint8 (height, width, 3), on the range from -reach to reach.

    A slice (height, width) gets signed colours. One of three input channels (3, height, width) is taken for red, green
    and blue: grey is 0, and light red, say, that it answers to more red.
    """
    if kernel.ndim == 2:
        return colour(kernel, -reach, reach, True)
    scaled = np.moveaxis(kernel, 0, -1) * (127.5 / reach if reach > 0 else 0.0) + 127.5
    colours: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return colours


def _draw_sheet(shown: Sheet, caption: str, range_label: str) -> Image.Image:
    height, width = shown.maps.shape[-2:]
    scale = max(1, -(-SMALLEST_KERNEL // width))
    wide, tall = width * scale, height * scale
    columns = columns_for(len(shown.numbers), wide, tall)
    rows = -(-len(shown.numbers) // columns)
    canvas, pen = _paper(columns * (wide + GAP) - GAP, rows * (tall + LABEL + GAP), caption)
    for index, number in enumerate(shown.numbers):
        left = MARGIN + index % columns * (wide + GAP)
        top = MARGIN + HEAD + index // columns * (tall + LABEL + GAP)
        image = Image.fromarray(kernel_colours(shown.maps[index], float(shown.reach[index])))
        canvas.paste(image.resize((wide, tall), Image.Resampling.NEAREST), (left, top))
        pen.text((left, top + tall), str(number), INK, font(11))
        if shown.dead[index]:
            pen.line((left, top, left + wide - 1, top + tall - 1), DEAD, 2)
    _draw_range(canvas, pen, GREYS if shown.in_colour else palette(True), range_label)
    return canvas


def _draw_matrix(shown: Matrix, caption: str, range_label: str) -> Image.Image:
    rows, columns = shown.weights.shape
    scale = max(1, min(12, 1200 // columns))
    label = 40  # px to the left, for the numbers of rows
    canvas, pen = _paper(label + columns * scale, rows * scale + GAP, caption)
    shares = shown.weights / np.where(shown.reach > 0, shown.reach, 1)[:, None]
    colours = colour(shares.astype(np.float32), -1.0, 1.0, True)
    image = Image.fromarray(colours).resize((columns * scale, rows * scale), Image.Resampling.NEAREST)
    canvas.paste(image, (MARGIN + label, MARGIN + HEAD))
    for index in range(0, rows, -(-16 // scale)):
        pen.text((MARGIN, MARGIN + HEAD + index * scale), str(shown.numbers[index]), INK, font(11))
    _draw_range(canvas, pen, palette(True), range_label)
    return canvas


def _paper(width: int, height: int, caption: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    size = (max(NARROWEST, 2 * MARGIN + width), 2 * MARGIN + HEAD + height + FOOT)
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), caption, INK, font(15))
    return canvas, pen


def _draw_range(canvas: Image.Image, pen: ImageDraw.ImageDraw, colours: NDArray[np.uint8], range_label: str) -> None:
    top = canvas.height - MARGIN - 30
    canvas.paste(Image.fromarray(np.repeat(colours[None], 12, axis=0)), (MARGIN, top))
    pen.text((MARGIN, top + 14), range_label, INK, font(13))
