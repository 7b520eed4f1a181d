"""Draws attribution maps over the image, one panel for each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.visualization.activations.drawing import MARGIN
from core.visualization.attribution.base import Attribution, Floats
from core.visualization.attribution.insertion_deletion import enlarge_map
from core.visualization.colormaps import colour, palette
from core.visualization.rendering import INK, PAPER, font

SIDE = 320  # px at least, of each panel
OPACITY = 0.6


def overlay(
    image: Image.Image, evidence: Floats, span: tuple[float, float], signed: bool, opacity: float = OPACITY
) -> Image.Image:
    """Return a map in colour over a picture in grey, of the picture's size; `span` is the range of the colours.

    The map is interpolated between the centres of its cells.
    """
    grey = image.convert("L").convert("RGB")
    enlarged = enlarge_map(evidence, (image.height, image.width))
    return Image.blend(grey, Image.fromarray(colour(enlarged, *span, signed=signed)), opacity)


def draw_evidence(
    image: Image.Image, evidence: Attribution, caption: str, labels: Sequence[str], range_label: str
) -> Image.Image:
    """Return the picture and the maps of all targets side by side, with one range for all of them.

    `labels` stand above the maps, `caption` above all, `range_label` below the colours.
    """
    scale = max(1, -(-SIDE // image.width))
    width, height = image.width * scale, image.height * scale
    panels = [(image, "")] + [
        (overlay(image, evidence.of(target), evidence.range, evidence.signed), label)
        for target, label in zip(evidence.targets, labels, strict=True)
    ]
    canvas = Image.new("RGB", (MARGIN + len(panels) * (width + MARGIN), height + 2 * MARGIN + 96), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), caption, INK, font(15))
    for index, (panel, label) in enumerate(panels):
        left = MARGIN + index * (width + MARGIN)
        pen.text((left, MARGIN + 26), label, INK, font(13))
        canvas.paste(panel.resize((width, height), Image.Resampling.NEAREST), (left, MARGIN + 46))
    bar: NDArray[np.uint8] = np.repeat(palette(evidence.signed)[None], 12, axis=0)
    canvas.paste(Image.fromarray(bar), (MARGIN, canvas.height - MARGIN - 32))
    pen.text((MARGIN, canvas.height - MARGIN - 16), range_label, INK, font(13))
    return canvas
