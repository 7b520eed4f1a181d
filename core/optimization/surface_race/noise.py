"""Runs with gradient noise: many seeds at once, and their spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.optimization.surface_race.sweep import SweepConfig, walk
from core.optimization.surface_race.trajectories import FAR, Descent, Entrant, Path

Floats = NDArray[np.float64]
SHARES = (0.1, 0.5, 0.9)  # the 10th percentile, the median, the 90th percentile
RUNS_AT_MOST = 50


def draw_noise(seed: int, runs: int, steps: int) -> Floats:
    """Return noise of deviation 1 (steps + 1, runs, 2), as a descent draws it: one seed a run, from `seed` on."""
    import torch

    drawn = []
    for each in range(seed, seed + runs):
        random = torch.Generator().manual_seed(each)
        # Two numbers at a time, as there: many at once would be others.
        drawn.append(torch.stack([torch.randn(2, dtype=torch.float64, generator=random) for _ in range(steps + 1)]))
    noise: Floats = torch.stack(drawn, dim=1).numpy()
    return noise


def noisy_paths(descent: Descent, entrant: Entrant, noise: Floats) -> tuple[Path, ...]:
    """Return the path of an entrant for each run of `noise` (steps + 1, runs, 2) of deviation 1.

    The seed of the descent plays no part: the first path is what `run` returns where the noise begins with that seed.
    """
    import torch

    starts = np.tile(np.asarray(descent.start, dtype=np.float64), (noise.shape[1], 1))
    steps = list(
        walk(
            SweepConfig(
                surface=descent.surface,
                optimizer=entrant.optimizer,
                values=entrant.values,
                starts=starts,
                steps=descent.steps,
                settings=descent.settings,
                scale=descent.scale,
                noise=descent.noise * noise,
            )
        )
    )
    points, gradients = (torch.stack(each).numpy() for each in zip(*steps, strict=True))
    settings = descent.surface.values(descent.settings)
    with torch.no_grad():
        x, y = torch.from_numpy(points).unbind(dim=2)
        values = (descent.scale * descent.surface.function(x, y, settings)).numpy()
    sound = np.isfinite(points).all(2) & np.isfinite(gradients).all(2) & np.isfinite(values)
    lost = ~sound | (np.abs(points) > FAR).any(2)
    return tuple(_path(entrant, points[:, k], values[:, k], gradients[:, k], lost[:, k]) for k in range(noise.shape[1]))


def _path(entrant: Entrant, points: Floats, values: Floats, gradients: Floats, lost: NDArray[np.bool_]) -> Path:
    diverged_at = int(lost.argmax()) if lost.any() else None
    return Path(entrant, points[:diverged_at], values[:diverged_at], gradients[:diverged_at], diverged_at)


def values_by_step(paths: tuple[Path, ...], steps: int) -> Floats:
    """Return f of each path at each step (paths, steps + 1), infinite once it is lost."""
    values = np.full((len(paths), steps + 1), np.inf)
    for row, path in zip(values, paths, strict=True):
        row[: len(path.values)] = path.values
    return values


def spread_of(values: Floats) -> Floats:
    """Return the 10th percentile, the median and the 90th percentile of `values` (runs, …) over the runs, (3, …).

    Each is the value of the run that comes nearest, so that infinite ones do no harm.
    """
    ordered = np.sort(values, axis=0)
    return ordered[[round(share * (len(values) - 1)) for share in SHARES]]
