"""Draws a receptive field on the image: the theoretical one as boxes, the effective one as a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.visualization.activations.drawing import MARGIN
from core.visualization.colormaps import colour, palette
from core.visualization.receptive_field.gradient_share import centre, gradient_share, local_field
from core.visualization.rendering import INK, PAPER, font

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import Box, ReceptiveField
    from core.visualization.receptive_field.effective import Sensitivity

SHORTEST_SIDE = 384  # px that the picture is enlarged to, by a whole factor
WIDEST_MARGIN = 0.3  # of the picture's side, for what of a field lies beyond it
PADDING = (222, 226, 231)
THEORETICAL = (213, 94, 0)
CASING = (255, 255, 255)
DASH = 9  # px


@dataclass(frozen=True, kw_only=True)
class FieldTexts:
    """What stands above the picture, and below it what the colours mean and how far they reach."""

    caption: str
    range_label: str


def heat(sensitivity: Sensitivity) -> NDArray[np.uint8]:
    """Return the square root of a sensitivity in colours, from 0 to that of its maximum, uint8 (height, width, 4).

    A few pixels have most of it; the root shows the others too. What moves the cell less is also more transparent, so
    that the picture shows where nothing does.
    """
    values = np.where(np.isfinite(sensitivity), sensitivity, 0).astype(np.float32)
    top = float(values.max())
    roots = np.sqrt(values / top) if top > 0 else values
    return np.dstack([colour(roots, 0, 1, signed=False), np.rint(roots * 255).astype(np.uint8)])


def margin_of(field: ReceptiveField) -> int:
    """Return the pixels around the picture in which the unclipped fields of a layer's cells show, for all the same."""
    overhangs = [0]
    for axis in (local_field(field).height, local_field(field).width):
        for cell in (0, axis.cells - 1):
            span = axis.span(cell)
            overhangs += [-span[0], span[1] - axis.pixels] if span else []
    return min(max(overhangs), int(WIDEST_MARGIN * field.height.pixels))


def draw_field(
    image: Image.Image,
    field: ReceptiveField | None,
    cell: tuple[int, int],
    sensitivity: Sensitivity | None,
    texts: FieldTexts,
) -> Image.Image:
    """Return `image`, as the network receives it, with the field of a `cell` (row, column) in it, as an RGB image.

    Solid is the box around the pixels that the cell depends on; dashed, with a cross in its middle, the unclipped field
    of the paths on which the cell keeps its place; thin the rows and columns with most of the gradient
    (`gradient_share`). What is None is left out.
    """
    margin = margin_of(field) if field else 0
    scale = max(1, -(-SHORTEST_SIDE // image.width))
    width, height = ((side + 2 * margin) * scale for side in image.size)
    canvas = Image.new("RGB", (max(560, width + 2 * MARGIN), height + 2 * MARGIN + 72), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), texts.caption, INK, font(15))
    canvas.paste(_scene(image, margin, scale, field, cell, sensitivity), (MARGIN, MARGIN + 28))
    if sensitivity is not None:
        bar: NDArray[np.uint8] = np.repeat(palette(signed=False)[None], 12, axis=0)
        canvas.paste(Image.fromarray(bar), (MARGIN, canvas.height - MARGIN - 30))
    pen.text((MARGIN, canvas.height - MARGIN - 16), texts.range_label, INK, font(13))
    return canvas


def _scene(
    image: Image.Image,
    margin: int,
    scale: int,
    field: ReceptiveField | None,
    cell: tuple[int, int],
    sensitivity: Sensitivity | None,
) -> Image.Image:
    """Return the picture with its margin, enlarged, and everything in it."""
    width, height = image.size
    pixels = image.convert("RGB")
    if sensitivity is not None:
        pixels = Image.alpha_composite(image.convert("L").convert("RGBA"), Image.fromarray(heat(sensitivity))).convert(
            "RGB"
        )
    request = Image.new("RGB", ((width + 2 * margin) * scale, (height + 2 * margin) * scale), PADDING)
    request.paste(pixels.resize((width * scale, height * scale), Image.Resampling.NEAREST), (margin * scale,) * 2)
    pen = ImageDraw.Draw(request)
    share = None if sensitivity is None else gradient_share(sensitivity)
    if share is not None:
        (top, bottom), (left, right) = share.rows, share.columns
        corners = [(edge + margin) * scale for edge in (left, top, right + 1, bottom + 1)]
        pen.rectangle(corners, outline=INK, width=3)
        pen.rectangle(corners, outline=CASING, width=1)
    if field is not None:
        _draw_boxes(pen, field, cell, margin, scale)
    return request


def _draw_boxes(
    pen: ImageDraw.ImageDraw, field: ReceptiveField, cell: tuple[int, int], margin: int, scale: int
) -> None:
    def corners(box: Box) -> tuple[float, float, float, float]:
        left, top, right, bottom = ((edge + margin) * scale for edge in (box.left, box.top, box.right, box.bottom))
        return left, top, right - 1, bottom - 1

    whole, inside = local_field(field).box(*cell), field.clipped(*cell)
    if whole is not None and whole != inside:
        _draw_dashed(pen, corners(whole))
    if inside is not None:
        pen.rectangle(corners(inside), outline=CASING, width=4)
        pen.rectangle(corners(inside), outline=THEORETICAL, width=2)
    middle = centre(local_field(field), *cell)
    if middle is not None:
        y, x = ((float(place) + 0.5 + margin) * scale for place in middle)
        for ink, thickness, arm in ((CASING, 4, 8), (THEORETICAL, 2, 7)):
            pen.line((x - arm, y, x + arm, y), ink, thickness)
            pen.line((x, y - arm, x, y + arm), ink, thickness)


def _draw_dashed(pen: ImageDraw.ImageDraw, corners: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = corners
    for start in range(int(left), int(right), 2 * DASH):
        for y in (top, bottom):
            pen.line((start, y, min(start + DASH, right), y), THEORETICAL, 2)
    for start in range(int(top), int(bottom), 2 * DASH):
        for x in (left, right):
            pen.line((x, start, x, min(start + DASH, bottom)), THEORETICAL, 2)
