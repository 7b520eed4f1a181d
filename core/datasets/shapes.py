"""Generated images of shapes, which a small network learns within a minute."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
TURN = 0.3  # rad, either way, at most
FINE = 4  # drawn so many times larger, then made small, which smooths the edges

Corners = list[tuple[float, float]]


def draw_shapes(count: int, side: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return `count` pictures (count, side, side, 3), uint8, and which of `SHAPES` each shows (count,).

    Place, size, turn, colours and the noise on them are drawn from `seed`; each shape is as frequent as the others.
    """
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % len(SHAPES))
    pictures = np.stack([_draw(SHAPES[label], side, random) for label in labels])
    return pictures, labels.astype(np.int64)


def _draw(shape: str, side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    large = side * FINE
    ground, colour = random.integers(0, 90, 3), random.integers(140, 256, 3)
    image = Image.new("RGB", (large, large), tuple(ground.tolist()))
    radius = random.uniform(0.28, 0.42) * large
    x, y = random.uniform(radius, large - radius, 2)
    turn = random.uniform(-TURN, TURN)
    pen = ImageDraw.Draw(image)
    if shape in ROUND:
        box = [x - radius, y - radius, x + radius, y + radius]
        pen.ellipse(box, fill=tuple(colour.tolist()))
        if shape == "ring":
            inner = 0.55 * radius
            pen.ellipse([x - inner, y - inner, x + inner, y + inner], fill=tuple(ground.tolist()))
    else:
        corners = [
            (x + radius * r * math.cos(a + turn), y + radius * r * math.sin(a + turn)) for r, a in CORNERS[shape]()
        ]
        pen.polygon(corners, fill=tuple(colour.tolist()))
    small = np.asarray(image.resize((side, side), Image.Resampling.BOX), dtype=np.float64)
    noisy = small + random.normal(0, 12, small.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def _polygon(count: int) -> Corners:
    return [(1.0, 2 * math.pi * (k + 0.5) / count) for k in range(count)]


def _star() -> Corners:
    return [(1.0 if k % 2 == 0 else 0.42, math.pi * k / 5) for k in range(10)]


def _cross() -> Corners:
    arm = 0.3
    points = [(1, arm), (arm, arm), (arm, 1), (-arm, 1), (-arm, arm), (-1, arm)]
    points += [(-x, -y) for x, y in points]
    return [(math.hypot(x, y), math.atan2(y, x)) for x, y in points]


ROUND = ("circle", "ring")
CORNERS: dict[str, Callable[[], Corners]] = {
    "square": lambda: _polygon(4),
    "triangle": lambda: _polygon(3),
    "star": _star,
    "cross": _cross,
}
