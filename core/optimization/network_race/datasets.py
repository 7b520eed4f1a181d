"""Labelled examples for the races that need no download."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.datasets.shapes import draw_shapes
from core.optimization.network_race.two_moons import plane_points

HELD_OUT_SHARE = 0.25
HELD_OUT_AT_MOST = 300  # tested often, so few
SHAPES = 1600
SHAPES_SIDE = 24  # pixels
DATA_SEED = 0  # one split and one drawing for all races, so that races can be compared


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs (n, ...) float32 and their classes (n,) int64, to learn from and held out."""

    inputs: Tensor
    labels: Tensor
    held_out_inputs: Tensor
    held_out_labels: Tensor


def digits() -> Examples:
    """Return scikit-learn's digits, (n, 1, 8, 8), scaled to 0..1 (Alpaydin & Kaynak 1998)."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return split(images.reshape(-1, 1, 8, 8) / 16, labels)


def moons() -> Examples:
    """Return two interleaving half circles of points, (n, 2)."""
    points = plane_points()
    return split(points[:, :2], points[:, 2].astype(np.int64))


def shapes() -> Examples:
    """Return generated pictures of shapes, (n, 3, 24, 24), scaled to −1..1."""
    pictures, labels = draw_shapes(SHAPES, SHAPES_SIDE, DATA_SEED)
    return split(pictures.transpose(0, 3, 1, 2) / 127.5 - 1, labels)


def split(inputs: NDArray[np.float64], labels: NDArray[np.int64]) -> Examples:
    """Return the examples with a quarter held out, each class in the same share, at most 300."""
    from sklearn.model_selection import train_test_split

    parts = train_test_split(
        inputs.astype(np.float32),
        labels.astype(np.int64),
        test_size=HELD_OUT_SHARE,
        random_state=DATA_SEED,
        stratify=labels,
    )
    train, held_out, train_labels, held_out_labels = map(torch.from_numpy, parts)
    return Examples(train, train_labels, held_out[:HELD_OUT_AT_MOST], held_out_labels[:HELD_OUT_AT_MOST])
