"""The plane of the two-moons task: its box, and the grid of its decision boundary."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

MOONS = 400
MOONS_NOISE = 0.2
PLANE = (-1.6, 2.6, -1.3, 1.8)  # least and largest x, least and largest y
PLANE_SIDE = 40


@functools.cache
def plane_points() -> NDArray[np.float64]:
    """Return the points of two interleaving half circles, (n, 3): x, y and class."""
    from sklearn.datasets import make_moons

    points, labels = make_moons(MOONS, noise=MOONS_NOISE, random_state=0)
    return np.column_stack([points, labels])
