"""The curves of a race on a network: arrays by optimizer and seed, medians and spread."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoding import csv_text
from core.i18n import N_
from core.optimization.network_race.config import COLUMNS, NetworkRace, RaceEvent
from core.optimization.network_race.race import TRIAL_RATES
from core.registry import Registry

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A thing that is measured in the course of a training; `name` is its column, `is_share` that it lies in 0..1."""

    name: str
    title: str
    is_share: bool = False


QUANTITIES: Registry[Quantity] = Registry(
    N_("quantity"),
    (
        Quantity(name="loss", title=N_("Training loss")),
        Quantity(name="accuracy", title=N_("Held-out accuracy"), is_share=True),
        Quantity(name="gradient_norm", title=N_("Gradient norm")),
        Quantity(name="lr", title=N_("Learning rate")),
    ),
)


@dataclass(frozen=True, eq=False)
class Line:
    """A quantity by step (n,): the median of all seeds, and the least and the largest of them."""

    steps: Floats
    middle: Floats
    low: Floats
    high: Floats


class Curves:
    """The numbers of one race by optimizer, seed and step; NaN where there are none (yet).

    `table` is (optimizers, seeds, steps + 1, 8) with the columns of `core.optimization.network_race.config.COLUMNS`.
    `rates` are the learning rates by optimizer, empty before they are known, `trials` the
    losses by optimizer and `TRIAL_RATES`, `boundaries` the latest decision boundaries by place of the optimizer.
    """

    def __init__(self, race: NetworkRace) -> None:
        self.race = race
        self.table: Floats = np.full((len(race.optimizers), race.seeds, race.steps + 1, len(COLUMNS)), math.nan)
        self.phase = "trying"
        self.rates: tuple[float, ...] = ()
        self.trials: tuple[tuple[float, ...], ...] = ()
        self.boundaries: dict[int, bytes] = {}

    def add(self, events: Iterable[RaceEvent]) -> None:
        """Take in news of the race, in the order in which they came."""
        for event in events:
            place, seed, step = event.rows[:, :3].astype(int).T
            self.table[place, seed, step] = event.rows
            self.phase = event.phase
            self.rates = event.rates or self.rates
            self.trials = event.trials or self.trials
            self.boundaries.update(event.boundaries)

    @property
    def steps_done(self) -> int:
        """Return how many steps the runner that is furthest has taken."""
        return int(np.isfinite(self.column("lr")).any(axis=(0, 1)).sum())

    def column(self, name: str) -> Floats:
        """Return a quantity, (optimizers, seeds, steps + 1)."""
        return self.table[..., COLUMNS.index(name)]

    def lost_at(self, index: int) -> int | None:
        """Return the first step at which a run of an optimizer had no finite loss; None where none was lost."""
        ran = np.isfinite(self.column("lr")[index])
        lost = ran & ~np.isfinite(self.column("loss")[index])
        return int(lost.any(axis=0).argmax()) if lost.any() else None

    def line(self, index: int, quantity: str, smoothing: float = 0.0) -> Line:
        """Return a quantity of one optimizer over the steps where it was measured for all seeds that still run.

        `smoothing` in 0..1 is how much of the running mean survives a step (an exponential mean without its bias).
        """
        values = self.column(quantity)[index]
        steps = np.flatnonzero(np.isfinite(values).any(axis=0))
        if not steps.size:
            return Line(*(np.empty(0) for _ in range(4)))
        smoothed = _smooth(np.where(np.isfinite(values), values, math.nan)[:, steps], smoothing)
        median = np.nanmedian if np.isnan(smoothed).any() else np.median  # asked five times a second
        low, high = np.nanmin(smoothed, axis=0), np.nanmax(smoothed, axis=0)
        return Line(steps.astype(np.float64), median(smoothed, axis=0), low, high)

    def to_csv(self) -> bytes:
        """Return one row for each update, with the optimizer's name; the last column is in seconds."""
        return csv_text(COLUMNS, self._rows(), line_end="\r\n").encode()

    def _rows(self) -> Iterator[list[object]]:
        for index, name in enumerate(self.race.optimizers):
            for seed in range(self.race.seeds):
                for row in self.table[index, seed]:
                    if np.isfinite(row[2]):
                        cells = ["" if math.isnan(value) else f"{value:.9g}" for value in row[3:]]
                        yield [name, self.race.seed + seed, int(row[2]), *cells]

    def trial_line(self, index: int) -> tuple[Floats, Floats]:
        """Return the learning rates that an optimizer has tried so far, and the loss that each led to."""
        losses = self.trials[index]
        return np.array(TRIAL_RATES[: len(losses)]), np.array(losses)


def _smooth(values: Floats, smoothing: float) -> Floats:
    """Return the running mean of each row; a lost run stays lost."""
    if not smoothing:
        return values
    from scipy.signal import lfilter

    means = lfilter([1 - smoothing], [1, -smoothing], values, axis=1)
    found: Floats = means / (1 - smoothing ** np.arange(1, values.shape[1] + 1))
    return found
