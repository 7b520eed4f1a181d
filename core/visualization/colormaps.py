"""Colour maps for activations, and the ranges they span."""

from __future__ import annotations

import functools

import cmap
import numpy as np
from numpy.typing import NDArray

SEQUENTIAL = "matplotlib:viridis"
DIVERGING = "crameri:vik"


@functools.cache
def palette(signed: bool) -> NDArray[np.uint8]:
    """Return 256 RGB colours, uint8 (256, 3): sequential, or for signed values diverging around the middle."""
    colours = np.asarray(cmap.Colormap(DIVERGING if signed else SEQUENTIAL).lut(256))
    table: NDArray[np.uint8] = np.rint(colours[:, :3] * 255).astype(np.uint8)
    table.flags.writeable = False
    return table


def is_signed(values: NDArray[np.float32]) -> bool:
    """Return whether any value is negative, so that a diverging map is due."""
    return bool(values.size and np.fmin.reduce(values, axis=None) < 0)


def colour(values: NDArray[np.float32], low: float, high: float, signed: bool) -> NDArray[np.uint8]:
    """Return the colours of `values` on the range [low, high], uint8 with a last axis of 3; clipped outside it."""
    span = high - low
    scaled = (values - low) * (255 / span) if span > 0 else np.full_like(values, 127.5 if signed else 0)
    return palette(signed)[np.fmin(np.fmax(np.rint(scaled), 0), 255).astype(np.uint8)]
