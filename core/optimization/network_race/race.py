"""A race on a real network: all optimizers train copies of the same weights on the same batches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.optimization.network_race.tasks import TASKS, Task
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.sweep import best_rate

if TYPE_CHECKING:
    from core.optimization.network_race.racer import Racer, Start
from core.optimization.network_race.config import COLUMNS, EVENTS, NO_ROWS, NetworkRace, RaceEvent

TRIAL_RATES = tuple(float(f"{rate:.1g}") for rate in 10.0 ** np.arange(-3.5, 0.75, 0.5))
"""Learning rates that are tried: half a decade apart, 0.0003 to 3."""

HOPELESS = 10.0


def run_network_race(race: NetworkRace) -> Iterator[RaceEvent]:
    """Yield the events of a race: first of the trials, where each method looks for its learning rate, then its own.

    A method whose loss is no finite number any more takes no further part. The numbers, `seconds` apart, depend on
    nothing but `race` and the machine. Raises `UserError` where the examples have yet to be fetched.
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
        Racer(start, race, index, seed, rates[index]) for seed in range(race.seeds) for index in range(len(rates))
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
