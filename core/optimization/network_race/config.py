"""What a race on a network is given and yields: its configuration and its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.events import Event
from core.optimization.network_race.tasks import TASKS
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.schedules import SCHEDULES
from core.optimization.surface_race.race import FAIRNESS

if TYPE_CHECKING:
    pass


STEPS_AT_MOST = 2000


SEEDS_AT_MOST = 5


EVENTS = 4000  # at most so many in a race, fewer than a job keeps


EVALUATIONS = 40  # of a race, on held-out examples


COLUMNS = ("optimizer", "seed", "step", "loss", "gradient_norm", "lr", "accuracy", "seconds")


Rows = NDArray[np.float64]


NO_ROWS: Rows = np.empty((0, len(COLUMNS)))


@dataclass(frozen=True, kw_only=True)
class NetworkRace:
    """What decides a race on a network: names of a task, of optimizers and of a schedule, and how long it goes.

    `seeds` consecutive seeds from `seed` on draw initial weights and batches. `fairness` is a value of
    `core.optimization.surface_race.race.FAIRNESS`, `rate` the learning rate for all where that is "same". `values`
    are, by optimizer, the settings that differ from their defaults. Raises `ValueError` for numbers that make no race,
    `UserError` for unknown names.
    """

    task: str
    optimizers: tuple[str, ...]
    steps: int
    batch: int = 64
    seeds: int = 1
    seed: int = 0
    fairness: str = "tuned"
    rate: float = 0.01
    schedule: str = "constant"
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        whole = 1 <= self.steps <= STEPS_AT_MOST and 1 <= self.seeds <= SEEDS_AT_MOST and self.batch >= 1
        if not whole or not self.optimizers or not self.rate > 0 or self.fairness not in FAIRNESS.values:
            raise ValueError(f"{self} is no race")
        for name in self.optimizers:
            OPTIMIZERS[name]
        TASKS[self.task], SCHEDULES[self.schedule]

    @property
    def evaluate_every(self) -> int:
        """Return after how many steps the networks are tested on held-out examples."""
        return max(1, self.steps // EVALUATIONS)


@dataclass(frozen=True, kw_only=True, eq=False)
class RaceEvent(Event):
    """News of a race: `rows` (n, 8), one for each update, with the columns `COLUMNS`; optimizer and seed by place.

    A row's loss, gradient norm and accuracy are those of the weights before its update; accuracy, held-out, is NaN
    where it was not measured. A row at step `steps` has an accuracy only. An event holds whole steps of all networks.
    `rates` are the learning rates by optimizer, in the first event after the trials; `trials` the losses that each of
    `TRIAL_RATES` has led to so far. `boundaries` are, by place of the optimizer, the probability of the second class
    over the plane, uint8 (40, 40).
    """

    phase: str = "racing"
    rows: Rows
    rates: tuple[float, ...] = ()
    trials: tuple[tuple[float, ...], ...] = ()
    boundaries: Mapping[int, bytes] = field(default_factory=dict)
