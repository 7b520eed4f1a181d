"""The trajectories of optimizers on a surface, computed by torch.optim itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surfaces.registry import Point, Surface

if TYPE_CHECKING:
    from torch import Generator, Tensor

STEPS_AT_MOST = 2000
FAR = 1e6  # beyond that, in any coordinate, a path counts as diverged
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A method in a race with the values of its settings; what is left out has torch.optim's default."""

    optimizer: str
    values: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class Descent:
    """A race to be run: `scale` multiplies f, `noise` is the standard deviation of what is added to each gradient.

    Raises `ValueError` for numbers that make no race.
    """

    surface: Surface
    entrants: tuple[Entrant, ...]
    start: Point
    steps: int = 300
    settings: Mapping[str, float] = field(default_factory=dict, hash=False)
    scale: float = 1.0
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= STEPS_AT_MOST or not np.isfinite([*self.start, self.scale]).all() or self.noise < 0:
            raise ValueError(f"{self.steps} steps from {self.start}, scale {self.scale}, noise {self.noise}: no race")


@dataclass(frozen=True, eq=False)
class Path:
    """Where one method went: `points` (steps + 1, 2), `values` of f there (steps + 1,), `gradients` (steps + 1, 2).

    After `diverged_at`, the step at which it left all bounds or was no number any more, the arrays end; None where
    that did not happen. Float64, read-only.
    """

    entrant: Entrant
    points: Floats
    values: Floats
    gradients: Floats
    diverged_at: int | None = None


def run(descent: Descent) -> tuple[Path, ...]:
    """Return the path of each entrant, exactly as a loop over torch.optim in float64 makes it."""
    return tuple(_run_one(descent, entrant) for entrant in descent.entrants)


def _run_one(descent: Descent, entrant: Entrant) -> Path:
    import torch

    point = torch.tensor(descent.start, dtype=torch.float64, requires_grad=True)
    optimizer = OPTIMIZERS[entrant.optimizer].build([point], entrant.values)
    random = torch.Generator().manual_seed(descent.seed)
    settings = descent.surface.values(descent.settings)
    rows: list[tuple[float, ...]] = []
    diverged_at = None
    for step in range(descent.steps + 1):
        value = _measure(descent, point, settings, random)
        row = (*point.tolist(), value, *point.grad.tolist())  # type: ignore[union-attr]
        if not np.isfinite(row).all() or max(abs(row[0]), abs(row[1])) > FAR:
            diverged_at = step
            break
        rows.append(row)
        optimizer.step()
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    table.flags.writeable = False
    return Path(entrant, table[:, :2], table[:, 2], table[:, 3:], diverged_at)


def _measure(descent: Descent, point: Tensor, settings: Mapping[str, float], random: Generator) -> float:
    """Put the gradient at `point` into it, with the noise of this step, and return the value of f there."""
    import torch

    point.grad = torch.zeros_like(point)
    value = descent.scale * descent.surface.function(point[0], point[1], settings)
    value.backward()  # type: ignore[no-untyped-call]
    if descent.noise:
        point.grad.add_(descent.noise * torch.randn(2, dtype=torch.float64, generator=random))
    return float(value.detach())
