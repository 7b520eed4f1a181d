"""Experiments on a surface: phase map, basins of attraction, noise floor, scaling of f."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.optimization.surface_race.noise import draw_noise, spread_of
from core.optimization.surface_race.race import Result, run_all
from core.optimization.surface_race.sweep import SweepConfig, basin_map, phase_map, sweep
from core.optimization.surfaces.registry import Surface

Floats = NDArray[np.float64]
SIDE = 64
MOMENTA = ("momentum", "nesterov")
FACTOR = 100.0
NOISES = np.geomspace(0.01, 100, 13)
SEEDS = 21


@dataclass(frozen=True, eq=False)
class Phases:
    """Where f ends above the lowest minimum: `ends` (momenta, rates), infinite where it diverged.

    `limits` (momenta,) are the largest stable learning rates, by the curvature of the lowest minimum.
    """

    rates: Floats
    momenta: Floats
    ends: Floats
    limits: Floats


@dataclass(frozen=True, eq=False)
class Basins:
    """Which minimum each start leads to: `nearest` (side, side) is its place in the surface's list, −1 for none."""

    x: Floats
    y: Floats
    nearest: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Floors:
    """Where f ends above the lowest minimum by the noise of the gradients: `noises` (noises,) are deviations.

    `ends` are by optimizer the 10th percentile, the median and the 90th percentile of `SEEDS` runs, (3, noises).
    """

    noises: Floats
    ends: Mapping[str, Floats]


def phases(result: Result, optimizer: str) -> Phases:
    """Return the phase map of momentum or Nesterov for the start and the steps of a race.

    On a quadratic a run is stable below 2 (1 + μ) / λ, Nesterov's below 2 (1 + μ) / ((1 + 2 μ) λ), with λ the largest
    curvature; near a minimum each surface is one. Raises `ValueError` for another optimizer.
    """
    if optimizer not in MOMENTA:
        raise ValueError(f"a phase map is one of {MOMENTA}, not of {optimizer!r}")
    race = result.race
    curvature = largest_curvature(race.surface_entry, race.settings)
    rates = np.geomspace(0.01 / curvature, 8 / curvature, SIDE)
    momenta = np.linspace(0, 0.99, SIDE)
    ends = phase_map(race.surface_entry, optimizer, rates, momenta, race.start, race.steps, race.settings)
    limits = 2 * (1 + momenta) / curvature
    if optimizer == "nesterov":
        limits = limits / (1 + 2 * momenta)
    return Phases(rates, momenta, race.scale * ends - result.lowest, limits)


def basins(result: Result, optimizer: str) -> Basins:
    """Return which minimum each start of a grid over the box leads to, at the optimizer's rate in the race."""
    race, surface = result.race, result.race.surface_entry
    left, right, low, high = surface.box
    nearest = basin_map(surface, optimizer, {"lr": result.rates[optimizer]}, race.steps, SIDE, race.settings)
    return Basins(np.linspace(left, right, SIDE), np.linspace(low, high, SIDE), nearest)


def floors(result: Result) -> Floors:
    """Return where each optimizer of a race ends, at its rate in the race, under little and under much noise."""
    race = result.race
    drawn = draw_noise(race.seed, SEEDS, race.steps)
    noise = (drawn[:, :, None] * NOISES[:, None]).reshape(race.steps + 1, -1, 2)
    starts = np.tile(np.asarray(race.start, dtype=np.float64), (noise.shape[1], 1))
    ends = {}
    for name in race.optimizers:
        config = SweepConfig(
            surface=race.surface_entry,
            optimizer=name,
            values={"lr": result.rates[name]},
            starts=starts,
            steps=race.steps,
            settings=race.settings,
            scale=race.scale,
            noise=noise,
        )
        ends[name] = spread_of(sweep(config).values.reshape(SEEDS, -1)) - result.lowest
    return Floors(NOISES, ends)


def changes_by_scale(result: Result, factor: float = FACTOR) -> Mapping[str, float]:
    """Return how far each optimizer's path moves away from itself when f is multiplied by `factor`.

    It is the largest distance between equal steps at equal learning rates; infinite where a path is lost.
    """
    others = run_all(replace(result.race, scale=result.race.scale * factor), result.rates)
    found = {}
    for name, path in result.paths.items():
        other = others[name]
        whole = path.diverged_at is None and other.diverged_at is None
        found[name] = float(np.linalg.norm(path.points - other.points, axis=1).max()) if whole else float("inf")
    return found


def largest_curvature(surface: Surface, settings: Mapping[str, float]) -> float:
    """Return the largest eigenvalue of the Hessian of f in the surface's first minimum."""
    import torch

    values = surface.values(settings)

    def height(place: torch.Tensor) -> torch.Tensor:
        return surface.function(place[0], place[1], values)

    place = torch.tensor(surface.minima[0], dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(height, place)  # type: ignore[no-untyped-call]
    return max(1e-6, float(torch.linalg.eigvalsh(hessian).max()))
