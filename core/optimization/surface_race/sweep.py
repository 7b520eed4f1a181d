"""Sweeps of thousands of runs at once: learning rates, phase maps, basins. Formulas from update_rules.py."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.trajectories import FAR
from core.optimization.surfaces.registry import Point, Surface

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
RATES = 61
LEAST_RATE, LARGEST_RATE = 1e-5, 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepConfig:
    """Runs of one optimizer on `scale` times a surface, all at once, for `steps` steps.

    `starts` (runs, 2) are their starts; the `values` of the optimizer's settings are numbers for all runs, or arrays
    (runs,) with one for each. `settings` are the surface's own. `noise` (steps + 1, runs, 2) is added
    to the gradients.
    """

    surface: Surface
    optimizer: str
    values: Mapping[str, float | Floats]
    starts: Floats
    steps: int
    settings: Mapping[str, float] | None = None
    scale: float = 1.0
    noise: Floats | None = None


@dataclass(frozen=True, eq=False)
class Sweep:
    """Where runs ended: `points` (runs, 2) and `values` of f (runs,); NaN and infinite where they diverged."""

    points: Floats
    values: Floats


def sweep(config: SweepConfig) -> Sweep:
    """Return where the runs end after their last step."""
    import torch

    (point, _) = deque(walk(config), maxlen=1)[0]
    surface = config.surface
    with torch.no_grad():
        heights = surface.function(point[:, 0], point[:, 1], surface.values(config.settings))
        ends = (config.scale * heights).numpy()
    points: Floats = point.numpy()
    lost = ~np.isfinite(points).all(axis=1) | (np.abs(points) > FAR).any(axis=1) | ~np.isfinite(ends)
    return Sweep(np.where(lost[:, None], np.nan, points), np.where(lost, np.inf, ends))


def walk(config: SweepConfig) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield where the runs of a sweep are, and their gradients there, (runs, 2) both, for each step from 0 on."""
    import torch

    entry, surface = OPTIMIZERS[config.optimizer], config.surface
    given = {**entry.values(), **config.values}
    each = {
        name: torch.as_tensor(value, dtype=torch.float64)[:, None] if isinstance(value, np.ndarray) else value
        for name, value in given.items()
    }
    point = torch.tensor(np.asarray(config.starts, dtype=np.float64))
    kept: Mapping[str, Tensor] = {}
    for t in range(1, config.steps + 2):
        gradient = config.scale * _gradient(surface, point, surface.values(config.settings))
        if config.noise is not None:
            gradient = gradient + torch.from_numpy(config.noise[t - 1])
        yield point, gradient
        kept = entry.update(kept, gradient, each, t, point)
        point = point + kept["delta"]


def sweep_rates(
    surface: Surface,
    optimizer: str,
    values: Mapping[str, float],
    start: Point,
    steps: int,
    settings: Mapping[str, float] | None = None,
) -> tuple[Floats, Floats]:
    """Return learning rates (rates,), evenly spread over their logarithms, and where f ends with each of them."""
    rates = np.geomspace(LEAST_RATE, LARGEST_RATE, RATES)
    starts = np.tile(np.asarray(start, dtype=np.float64), (RATES, 1))
    config = SweepConfig(
        surface=surface,
        optimizer=optimizer,
        values={**values, "lr": rates},
        starts=starts,
        steps=steps,
        settings=settings,
    )
    return rates, sweep(config).values


def best_rate(rates: Floats, ends: Floats) -> float:
    """Return the learning rate with the lowest end, judged by the worst of it and its two neighbours.

    So none wins by luck: beyond the limit of stability a run may hit a low place by chance.
    """
    padded = np.pad(ends, 1, mode="edge")
    worst = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return float(rates[int(np.argmin(worst))])


def phase_map(
    surface: Surface,
    optimizer: str,
    rates: Floats,
    momenta: Floats,
    start: Point,
    steps: int,
    settings: Mapping[str, float] | None = None,
) -> Floats:
    """Return where f ends for each momentum (rows) and learning rate (columns); infinite where it diverged."""
    lr, momentum = (grid.ravel() for grid in np.meshgrid(rates, momenta))
    starts = np.tile(np.asarray(start, dtype=np.float64), (lr.size, 1))
    config = SweepConfig(
        surface=surface,
        optimizer=optimizer,
        values={"lr": lr, "momentum": momentum},
        starts=starts,
        steps=steps,
        settings=settings,
    )
    return sweep(config).values.reshape(len(momenta), len(rates))


def basin_map(
    surface: Surface,
    optimizer: str,
    values: Mapping[str, float],
    steps: int,
    side: int,
    settings: Mapping[str, float] | None = None,
) -> NDArray[np.int64]:
    """Return which of the surface's minima is nearest to where each start ends: (side, side), −1 where it diverged.

    The starts are an even grid over the box, y by rows from the lowest and x by columns.
    """
    left, right, low, high = surface.box
    x, y = np.meshgrid(np.linspace(left, right, side), np.linspace(low, high, side))
    starts = np.stack([x.ravel(), y.ravel()], axis=1)
    config = SweepConfig(
        surface=surface, optimizer=optimizer, values=values, starts=starts, steps=steps, settings=settings
    )
    ends = sweep(config).points
    distances = np.linalg.norm(ends[:, None] - np.asarray(surface.minima)[None], axis=2)
    nearest = np.where(np.isfinite(distances).all(axis=1), np.argmin(distances, axis=1), -1)
    found: NDArray[np.int64] = nearest.reshape(side, side)
    return found


def _gradient(surface: Surface, point: Tensor, settings: Mapping[str, float]) -> Tensor:
    """Return the gradient of f at each point (runs, 2)."""
    import torch

    with torch.enable_grad():
        leaf = point.detach().requires_grad_()
        total = surface.function(leaf[:, 0], leaf[:, 1], settings).sum()
    return torch.autograd.grad(total, leaf)[0]
