"""One update in detail: gradient, state, the formula with its numbers, and the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.race import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StepDetails:
    """A step, counted from 1: `point` before it, the `gradient` there, the method's `terms` by name, `next` after it.

    All are arrays (2,) of x and y. `terms` are those of `update_rules`, with `delta`, by which the point moves. `ahead`
    is the place that Nesterov's velocity alone would have led to; None for other methods.
    """

    optimizer: str
    step: int
    values: Mapping[str, float]
    point: Floats
    gradient: Floats
    terms: Mapping[str, Floats]
    next: Floats
    ahead: Floats | None

    @property
    def rate_of_each(self) -> Floats:
        """Return how far each coordinate moves for each unit of its gradient: the effective learning rate."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.gradient == 0, np.nan, -self.terms["delta"] / self.gradient)


def step_details(result: Result, name: str, step: int) -> StepDetails:
    """Return a step of one method in a race; the last one that it made where it made fewer."""
    import torch

    path, entry = result.paths[name], OPTIMIZERS[name]
    last = len(path.points) - (1 if path.diverged_at is None else 0)
    step = min(max(1, step), max(1, last))
    values = entry.values(path.entrant.values)
    kept: Mapping[str, torch.Tensor] = {}
    before: Mapping[str, torch.Tensor] = {}
    for t in range(1, step + 1):
        point, gradient = (torch.tensor(array[t - 1 : t]) for array in (path.points, path.gradients))
        before, kept = kept, entry.update(kept, gradient, values, t, point)
    terms = {key: np.asarray(value.numpy()[0]) for key, value in kept.items()}
    start = path.points[step - 1]
    ahead = None
    if name == "nesterov" and before:
        ahead = start - values["lr"] * values["momentum"] * before["v"].numpy()[0]
    return StepDetails(name, step, values, start, path.gradients[step - 1], terms, start + terms["delta"], ahead)


def worked_formula(details: StepDetails, axis: int) -> str:
    """Return the update of x (axis 0) or y (axis 1) in LaTeX, with this step's numbers in it."""
    numbers = {key: _number(float(value[axis])) for key, value in details.terms.items()}
    numbers |= {key: _number(value) for key, value in details.values.items()}
    numbers |= {
        "g": _number(float(details.gradient[axis])),
        "from": _number(float(details.point[axis])),
    }
    template = OPTIMIZERS[details.optimizer].worked
    for key in sorted(numbers, key=len, reverse=True):
        template = template.replace(f"<{key}>", numbers[key])
    return f"{'xy'[axis]} \\leftarrow {template} = {_number(float(details.next[axis])).strip('()')}"


def _number(value: float) -> str:
    """Return a number with four digits as LaTeX; a negative one in brackets."""
    mantissa, _, exponent = f"{value:.4g}".partition("e")
    text = f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else mantissa
    return f"({text})" if value < 0 else text
