"""Draws activation maps: a grid with its range printed, one map enlarged, a map over the image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.visualization.activations.activation_capture import Maps
from core.visualization.activations.grid import Grid
from core.visualization.colormaps import colour, palette
from core.visualization.rendering import INK, PAPER, font

DEAD = (150, 156, 165)
GAP = 4  # px between maps
MARGIN = 16  # px around everything
SMALLEST_CELL = 48  # px


def draw_grid(grid: Grid, caption: str, range_label: str) -> Image.Image:
    """Return a grid as an RGB image: the caption, the maps with their channel numbers, and the colour range.

    Maps are enlarged by whole factors without smoothing; dead channels are crossed out.
    """
    height, width = grid.maps.shape[1:]
    scale = max(1, -(-SMALLEST_CELL // width))
    cell_width, cell_height, label = width * scale, height * scale, 14
    columns = columns_for(len(grid.channels), cell_width, cell_height)
    rows = -(-len(grid.channels) // columns)
    canvas = Image.new(
        "RGB",
        (
            max(560, 2 * MARGIN + columns * (cell_width + GAP) - GAP),
            2 * MARGIN + 72 + rows * (cell_height + label + GAP),
        ),
        PAPER,
    )
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), caption, INK, font(15))
    for index, channel in enumerate(grid.channels):
        left = MARGIN + index % columns * (cell_width + GAP)
        top = MARGIN + 28 + index // columns * (cell_height + label + GAP)
        canvas.paste(enlarge(grid.maps[index], grid.low[index], grid.high[index], grid.signed, scale), (left, top))
        pen.text((left, top + cell_height), str(channel), INK, font(11))
        if grid.statistics.dead[channel]:
            pen.line((left, top, left + cell_width - 1, top + cell_height - 1), DEAD, 2)
    _draw_range(canvas, pen, grid, range_label)
    return canvas


def draw_maps(grid: Grid, count: int, columns: int, cell: int) -> Image.Image:
    """Return the first `count` maps of a grid as an RGBA image, transparent between them.

    Each map is enlarged by the whole factor that makes it about `cell` pixels wide.
    """
    height, width = grid.maps.shape[1:]
    scale = max(1, round(cell / width))
    cell_width, cell_height = width * scale, height * scale
    shown = min(count, len(grid.channels))
    rows = -(-shown // columns)
    canvas = Image.new("RGBA", (columns * (cell_width + GAP) - GAP, rows * (cell_height + GAP) - GAP))
    for index in range(shown):
        corner = (index % columns * (cell_width + GAP), index // columns * (cell_height + GAP))
        canvas.paste(enlarge(grid.maps[index], grid.low[index], grid.high[index], grid.signed, scale), corner)
    return canvas


def enlarge(values: Maps, low: float, high: float, signed: bool, scale: int) -> Image.Image:
    """Return one map (height, width) in colour, each position a square of `scale` pixels."""
    image = Image.fromarray(colour(values, float(low), float(high), signed))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def columns_for(count: int, cell_width: int, cell_height: int) -> int:
    """Return how many columns make the whole about 4:3."""
    columns = round(math.sqrt(count * 4 / 3 * cell_height / cell_width))
    return max(1, min(count, columns))


def _draw_range(canvas: Image.Image, pen: ImageDraw.ImageDraw, grid: Grid, range_label: str) -> None:
    top = canvas.height - MARGIN - 30
    bar: NDArray[np.uint8] = np.repeat(palette(grid.signed)[None], 12, axis=0)
    canvas.paste(Image.fromarray(bar), (MARGIN, top))
    pen.text((MARGIN, top + 14), range_label, INK, font(13))
