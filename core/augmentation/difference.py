"""The difference of two samples as an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Difference:
    """`image` (height, width, 3) uint8 is white where they differ by `most` grey levels; a `share` of pixels does."""

    image: NDArray[np.uint8]
    most: int
    share: float


def difference_of(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Difference | None:
    """Return the difference of two pictures (height, width, 3), None where their sizes differ."""
    if first.shape != second.shape:
        return None
    apart = np.abs(first.astype(np.int16) - second.astype(np.int16)).max(2)
    most = int(apart.max())
    grey = (apart * (255 / max(1, most))).round().astype(np.uint8)
    return Difference(np.repeat(grey[..., None], 3, axis=2), most, float((apart > 0).mean()))
