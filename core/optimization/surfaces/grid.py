"""The heights of a surface on a grid of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.optimization.surfaces.registry import Function, Surface

if TYPE_CHECKING:
    pass

Floats = NDArray[np.float64]


def height_map(surface: Surface, settings: Mapping[str, float] | None = None, side: int = 121) -> Floats:
    """Return f on an even grid over the surface's box, (side, side), y by rows from the lowest and x by columns."""
    return on_grid(surface.function, surface.box, surface.values(settings), side)


def on_grid(
    function: Function, box: tuple[float, float, float, float], settings: Mapping[str, float], side: int
) -> Floats:
    """Return a function on an even grid over `box`, (side, side); NaN where it has no finite value."""
    import torch

    left, right, low, high = box
    x = torch.linspace(left, right, side, dtype=torch.float64).expand(side, side)
    y = torch.linspace(low, high, side, dtype=torch.float64)[:, None].expand(side, side)
    with torch.no_grad():
        values: Floats = function(x, y, settings).numpy()
    return np.where(np.isfinite(values), values, np.nan)
