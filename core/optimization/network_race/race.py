"""A race on a real network: all methods train copies of the same weights on the same batches, as a stream of events."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.events import Event
from core.optimization.network_race.tasks import TASKS, Task
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.schedules import SCHEDULES
from core.optimization.surface_race.race import FAIRNESS
from core.optimization.surface_race.sweep import best_rate

if TYPE_CHECKING:
    from core.optimization.network_race.racer import Racer, Start

STEPS_AT_MOST = 2000
SEEDS_AT_MOST = 5
EVENTS = 4000  # at most so many in a race, fewer than a job keeps
EVALUATIONS = 40  # of a race, on held-out examples
TRIAL_RATES = tuple(float(f"{rate:.1g}") for rate in 10.0 ** np.arange(-3.5, 0.75, 0.5))
"""Learning rates that are tried: half a decade apart, 0.0003 to 3."""

HOPELESS = 10.0

COLUMNS = ("optimizer", "seed", "step", "loss", "gradient_norm", "lr", "accuracy", "seconds")
Rows = NDArray[np.float64]
NO_ROWS: Rows = np.empty((0, len(COLUMNS)))


@dataclass(frozen=True, kw_only=True)
class NetworkRace:
    """What decides a race on a network: names of a task, of optimizers and of a schedule, and how long it goes.

    `seeds` consecutive seeds from `seed` on draw initial weights and batches. `fairness` is a value of
    `core.optimization.surface_race.race.FAIRNESS`, `rate` the learning rate for all where that is "same". `values`
    are, by optimizer, the knobs that differ from their defaults. Raises `ValueError` for numbers that make no race,
    `Problem` for unknown names.
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


def hold(race: NetworkRace) -> Iterator[RaceEvent]:
    """Yield the events of a race: first of the trials, where each method looks for its learning rate, then its own.

    A method whose loss is no finite number any more takes no further part. The numbers, `seconds` apart, depend on
    nothing but `race` and the machine. Raises `Problem` where the examples have yet to be fetched.
    """
    from core.optimization.network_race.racer import Racer, Start

    task = TASKS[race.task]
    start = Start(task)
    tried = len(race.optimizers) * len(TRIAL_RATES) if race.fairness == "tuned" else 0
    total = tried + race.steps * race.seeds * len(race.optimizers)
    rates = tuple(_given_rate(race, name) for name in race.optimizers)
    trials: list[tuple[float, ...]] = []
    if tried:
        for name in race.optimizers:
            losses = []
            for rate in TRIAL_RATES:
                losses.append(try_rate(race, task, start, name, rate))
                step = len(trials) * len(TRIAL_RATES) + len(losses)
                so_far = (*trials, tuple(losses))
                yield RaceEvent(step=step, total_steps=total, phase="trying", rows=NO_ROWS, trials=so_far)
            trials.append(tuple(losses))
        rates = tuple(best_rate(np.array(TRIAL_RATES), np.array(losses)) for losses in trials)
    yield RaceEvent(step=tried, total_steps=total, rows=NO_ROWS, rates=rates, trials=tuple(trials))
    racers = [
        Racer(start, race, place, seed, rates[place]) for seed in range(race.seeds) for place in range(len(rates))
    ]
    yield from _run(race, task, racers, tried, total)


def try_rate(race: NetworkRace, task: Task, start: Start, name: str, rate: float) -> float:
    """Return the mean training loss of the last third of a short training, infinite where it diverged.

    One whose loss has risen `HOPELESS` times above the first is not waited for.
    """
    from core.optimization.network_race.racer import Racer

    steps = min(task.trial_steps, race.steps)
    short = replace(race, optimizers=(name,), steps=steps, schedule="constant", seeds=1)
    racer = Racer(start, short, 0, 0, rate)
    losses: list[float] = []
    while len(losses) < steps:
        losses.append(racer.update()[COLUMNS.index("loss")])
        if not losses[-1] < HOPELESS * losses[0]:
            return math.inf
    end = float(np.mean(losses[-max(1, steps // 3) :]))
    return end if math.isfinite(end) else math.inf


def _run(race: NetworkRace, task: Task, racers: list[Racer], tried: int, total: int) -> Iterator[RaceEvent]:
    per_event = max(task.rows_per_event, math.ceil((total - tried) / EVENTS))
    rows: list[tuple[float, ...]] = []
    boundaries: dict[int, bytes] = {}
    done = tried
    for step in range(race.steps + 1):
        for racer in racers:
            done += step < race.steps
            if racer.is_lost:
                continue
            if step % race.evaluate_every == 0 or step == race.steps:
                racer.evaluate()
                if task.is_plane and racer.seed == 0:
                    boundaries[racer.place] = racer.boundary()
            rows.append(racer.update() if step < race.steps else racer.last())
        if len(rows) >= per_event:
            yield RaceEvent(step=done, total_steps=total, rows=np.array(rows), boundaries=dict(boundaries))
            rows.clear()
            boundaries.clear()
        if all(racer.is_lost for racer in racers):
            break
    yield RaceEvent(
        step=done, total_steps=total, rows=np.array(rows).reshape(-1, len(COLUMNS)), boundaries=dict(boundaries)
    )


def _given_rate(race: NetworkRace, name: str) -> float:
    return race.rate if race.fairness == "same" else OPTIMIZERS[name].values(race.values.get(name))["lr"]
