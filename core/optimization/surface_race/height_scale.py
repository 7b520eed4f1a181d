"""The logarithmic height scale on which deep valleys and high walls both show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.optimization.surface_race.race import Result

Floats = NDArray[np.float64]
LINEAR_SHARE = 0.1  # of the box's area: where f is lowest, the scale is about linear
LEAST_RATIO = 1e-6  # of that linear part to the whole range, so that the scale spans at most six decades


@dataclass(frozen=True, eq=False)
class HeightScale:
    """The heights of a race's surface on a scale from 0, its lowest minimum, to 1, the highest place of the box.

    `shares` (side, side) are log(1 + (f − lowest) / unit), divided by what that is where f − lowest is `high`; NaN
    where f has no finite value. The scale is about linear where f − lowest lies below `unit`.
    """

    shares: Floats
    unit: float
    high: float


def height_scale(result: Result) -> HeightScale:
    """Return the height scale of a race's surface."""
    above = np.maximum(result.heights - result.lowest, 0)
    high = max(float(np.nanmax(above)), float(np.finfo(np.float32).tiny))
    unit = max(float(np.nanquantile(above, LINEAR_SHARE)), high * LEAST_RATIO)
    return HeightScale(np.log1p(above / unit) / np.log1p(high / unit), unit, high)
