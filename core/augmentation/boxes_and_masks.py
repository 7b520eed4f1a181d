"""Transforms boxes, masks and key points along with an image, and recovers the geometry of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.augmentation.pipeline import Pipeline
from core.augmentation.sampling import DrawnSample, stream_samples

Floats = NDArray[np.float64]
POINTS = 33  # of the grid, in each direction
LINES = 4  # points between two lines that are drawn
LINE = (255, 176, 0)
BOX_COLOUR, MASK_COLOUR, POINT_COLOUR = (0, 158, 255), (0, 200, 120), (255, 64, 129)
AFFINE_WITHIN = 0.75  # pixels that points may be off, root mean square, where a map still counts as affine
EDGE = 0.6  # pixels beyond the middle of the last one that still count as inside
ALPHA = 0.35


@dataclass(frozen=True, kw_only=True)
class Target:
    """A box around a thing, in shares of the picture: its middle and its size. The mask is the ellipse within."""

    x: float = 0.5
    y: float = 0.5
    width: float = 0.4
    height: float = 0.4


@dataclass(frozen=True, eq=False)
class Geometry:
    """What a sample's geometry did: `grid` (points, points, 2) x and y of the original's points in the sample.

    `inside` (points, points) says which of them are still there. `kept` is the share of the original's area that is,
    `filled` the share of the sample that shows none of it. `matrix` (2, 3) maps x, y, 1 to where they are now, `error`
    says how far off that is, in pixels.
    """

    sample: DrawnSample
    grid: Floats
    inside: NDArray[np.bool_]
    kept: float
    filled: float
    matrix: Floats
    error: float

    @property
    def is_affine(self) -> bool:
        """Return whether the matrix tells all: straight and parallel lines stay so."""
        return self.error < AFFINE_WITHIN


@dataclass(frozen=True, eq=False)
class TransformedTargets:
    """A sample with what went along: `box` left, top, right, bottom, `points` (n, 2) and `mask` (height, width)."""

    sample: DrawnSample
    box: tuple[float, float, float, float]
    points: Floats
    mask: NDArray[np.bool_]


def movements(pipeline: Pipeline) -> Pipeline:
    """Return the steps that a box can follow: all but the policies, which torchvision applies to pictures alone."""
    return Pipeline(steps=tuple(step for step in pipeline.active if not step.entry.alone))


def geometry_of(image: Image.Image, pipeline: Pipeline, seed: int, number: int) -> Geometry:
    """Return what the pipeline's geometry does to a sample."""
    from core import torchvision_compat

    torchvision_compat.declare()
    import torch
    from torchvision import tv_tensors

    width, height = image.size
    x, y = np.meshgrid(np.linspace(0, width - 1, POINTS), np.linspace(0, height - 1, POINTS))
    before = np.stack([x, y], 2).reshape(-1, 2)
    points = tv_tensors.KeyPoints(torch.from_numpy(before), canvas_size=(height, width))
    whole = tv_tensors.Mask(torch.ones(1, height, width, dtype=torch.uint8))
    (sample,) = stream_samples(image, movements(pipeline), seed, [number], others=(points, whole))
    after = sample.others[0].numpy().astype(np.float64)
    tall, wide = sample.image.shape[:2]
    low, high = np.array([-EDGE, -EDGE]), np.array([wide - 1 + EDGE, tall - 1 + EDGE])
    inside = ((after >= low) & (after <= high)).all(1)
    known = np.column_stack([before, np.ones(len(before))])
    matrix, *_rest = np.linalg.lstsq(known, after, rcond=None)
    error = float(np.sqrt(((known @ matrix - after) ** 2).sum(1).mean()))
    return Geometry(
        sample=sample,
        grid=after.reshape(POINTS, POINTS, 2),
        inside=inside.reshape(POINTS, POINTS),
        kept=float(inside.mean()),
        filled=1 - float(sample.others[1].numpy().mean()),
        matrix=matrix.T,
        error=error,
    )


def transform_target(
    image: Image.Image, pipeline: Pipeline, seed: int, number: int, target: Target
) -> TransformedTargets:
    """Return a sample of a picture with a box, its ellipse as a mask, and its corners and middle as key points."""
    from core import torchvision_compat

    torchvision_compat.declare()
    import torch
    from torchvision import tv_tensors

    size = (image.height, image.width)
    left, top, right, bottom = box_of(image, target)
    middle = ((left + right) / 2, (top + bottom) / 2)
    y, x = np.mgrid[0 : image.height, 0 : image.width] + 0.5
    radius = (max(1.0, (right - left) / 2), max(1.0, (bottom - top) / 2))
    ellipse = ((x - middle[0]) / radius[0]) ** 2 + ((y - middle[1]) / radius[1]) ** 2 <= 1
    points = [(left, top), (right, top), (right, bottom), (left, bottom), middle]
    others = (
        tv_tensors.BoundingBoxes(torch.tensor([[left, top, right, bottom]]), format="XYXY", canvas_size=size),
        tv_tensors.Mask(torch.from_numpy(ellipse[None].astype(np.uint8))),
        tv_tensors.KeyPoints(torch.tensor(points), canvas_size=size),
    )
    (sample,) = stream_samples(image, movements(pipeline), seed, [number], others=others)
    box, mask, moved = sample.others
    corners: Any = tuple(float(edge) for edge in box[0].tolist())
    return TransformedTargets(sample, corners, moved.numpy().astype(np.float64), mask[0].numpy() > 0)


def box_of(image: Image.Image, target: Target) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a target in pixels, within the picture."""
    left, right = (target.x - target.width / 2) * image.width, (target.x + target.width / 2) * image.width
    top, bottom = (target.y - target.height / 2) * image.height, (target.y + target.height / 2) * image.height
    return max(0.0, left), max(0.0, top), min(float(image.width), right), min(float(image.height), bottom)


def draw_grid(geometry: Geometry) -> Image.Image:
    """Return the sample with the lines of the original's grid where they are now."""
    canvas = Image.fromarray(geometry.sample.image)
    pen = ImageDraw.Draw(canvas)
    for index in range(0, POINTS, LINES):
        for line in (geometry.grid[index], geometry.grid[:, index]):
            pen.line([tuple(point) for point in line.tolist()], fill=LINE, width=1)
    return canvas


def draw_followed(followed: TransformedTargets) -> Image.Image:
    """Return the sample with box, mask and key points."""
    pixels = followed.sample.image.astype(np.float64)
    pixels[followed.mask] = (1 - ALPHA) * pixels[followed.mask] + ALPHA * np.array(MASK_COLOUR)
    canvas = Image.fromarray(pixels.round().astype(np.uint8))
    pen = ImageDraw.Draw(canvas)
    left, top, right, bottom = followed.box
    if right > left and bottom > top:
        pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=BOX_COLOUR, width=2)
    for x, y in followed.points.tolist():
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=POINT_COLOUR, outline="white")
    return canvas
