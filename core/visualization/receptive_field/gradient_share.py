"""The share of the gradient within a radius, and the centre and size of a receptive field."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import AxisField, ReceptiveField
    from core.visualization.receptive_field.effective import Sensitivity

SHARE = 0.95
"""The share of the gradient that counts as the effective receptive field."""


@dataclass(frozen=True)
class GradientShare:
    """Where a `share` of the gradient lies: the sum over all pixels of a `Sensitivity`.

    `pixels` is the smallest number of pixels that hold it together. `rows` and `columns` are the (first, last) between
    which the middle of it lies, each counted for itself: what is cut off on either side holds at most half of the rest.
    """

    share: float
    pixels: int
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width) of the middle in pixels."""
        return self.rows[1] - self.rows[0] + 1, self.columns[1] - self.columns[0] + 1


def gradient_share(sensitivity: Sensitivity, share: float = SHARE) -> GradientShare | None:
    """Return where a share (0..1) of the gradient lies; None where all of it is zero.

    What has overflowed counts as zero.
    """
    values = np.where(np.isfinite(sensitivity), sensitivity, 0).astype(np.float64)
    if not values.any():
        return None
    running = np.cumsum(np.sort(values, axis=None)[::-1])
    pixels = int(np.argmax(running >= share * running[-1])) + 1
    return GradientShare(share, pixels, _middle(values.sum(1), share), _middle(values.sum(0), share))


def _middle(masses: NDArray[np.float64], share: float) -> tuple[int, int]:
    """Return the first and the last place of what is left where half of the rest is cut off at each end."""
    cut = (1 - share) / 2 * masses.sum()
    first = int(np.argmax(np.cumsum(masses) > cut))
    last = len(masses) - 1 - int(np.argmax(np.cumsum(masses[::-1]) > cut))
    return first, last


def local_field(field: ReceptiveField) -> ReceptiveField:
    """Return the field of the paths on which a cell keeps its place, or the field itself where there are none."""
    return field.local or field


def centre(field: ReceptiveField, row: int, column: int) -> tuple[Fraction, Fraction] | None:
    """Return the middle (row, column) of a cell's unclipped field in pixels; None where its size is not the same.

    A pixel's middle has the pixel's number, and the centre may lie outside of the picture.
    """
    middles = _middle_of(field.height, row), _middle_of(field.width, column)
    return (middles[0], middles[1]) if middles[0] is not None and middles[1] is not None else None


def _middle_of(axis: AxisField, cell: int) -> Fraction | None:
    return None if axis.start is None or axis.stride is None else axis.start + cell * axis.stride


def field_pixels(field: ReceptiveField, row: int, column: int) -> int:
    """Return how many pixels of the picture lie in the box around what a cell depends on."""
    box = field.clipped(row, column)
    return box.height * box.width if box else 0


def picture_share(field: ReceptiveField, row: int, column: int) -> float:
    """Return which part (0..1) of the picture that box takes."""
    return field_pixels(field, row, column) / (field.height.pixels * field.width.pixels)
