"""A map of learning rates and momenta, all runs at once, beside one loop over torch.optim for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.optimization.surface_race.sweep import phase_map
from core.optimization.surfaces.registry import SURFACES
from tests.benchmarks.harness import Row, in_fresh_process, paired, timed

SIDE = 64
STEPS = 100
LOOPS = 64  # of the 4,096 are run; all take the same number of steps
PAIRS = 5
RATES = np.geomspace(1e-3, 0.05, SIDE)
MOMENTA = np.linspace(0, 0.95, SIDE)


def measure() -> Iterator[Row]:
    """Return how many times longer the loops take, in CPU time."""
    yield in_fresh_process(compare)


def compare() -> Row:
    """Return the row, measured in this process."""
    torch.set_num_threads(1)
    pairs = paired(timed(_map), timed(_loops), PAIRS, warm_up=1)
    scale = SIDE * SIDE / LOOPS
    return Row(
        topic="optimization",
        name="phase_map_64x64",
        value=pairs.ratio * scale,
        unit="times faster",
        versus="4,096 torch.optim loops",
        bound=">= 50",
        note=f"{LOOPS} loops of {STEPS} steps were run and counted {scale:.0f} times; {pairs.describe()}",
    )


def _map() -> None:
    phase_map(SURFACES["bowl"], "momentum", RATES, MOMENTA, (-4.0, 1.5), STEPS)


def _loops() -> None:
    function, settings = SURFACES["bowl"].function, SURFACES["bowl"].values()
    for rate, momentum in zip(RATES, MOMENTA, strict=True):
        point = torch.tensor((-4.0, 1.5), dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([point], lr=rate, momentum=momentum)
        for _ in range(STEPS):
            optimizer.zero_grad()
            function(point[0], point[1], settings).backward()
            optimizer.step()
