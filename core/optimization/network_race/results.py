"""The results of a race on a network by optimizer, and remarks on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.i18n import N_
from core.optimization.network_race.curves import Curves, Floats

END = 0.1  # of the steps, over which the final loss is averaged
NEARLY = 0.95  # of the best accuracy: who gets there first?
LEVEL = 0.0005  # of accuracy between two that are level
FELL = 0.02  # of accuracy lost since its best step


@dataclass(frozen=True)
class SeedSpread:
    """The median of all seeds, and the least and the largest; NaN where nothing was measured."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class RaceResult:
    """One optimizer's results: training loss over the last tenth of the steps, held-out accuracy at its best and last.

    `best_step` is where the median accuracy was best, `nearly_step` where it first came close to the best of the whole
    race (None: never), `seconds` the median time of an update, `lost_at` the step at which a run diverged.
    """

    optimizer: str
    rate: float
    loss: SeedSpread
    best_accuracy: SeedSpread
    final_accuracy: SeedSpread
    best_step: int | None
    nearly_step: int | None
    seconds: float
    lost_at: int | None


@dataclass(frozen=True)
class Remark:
    """A sentence, marked for translation, with the values of its fields; in some fields `optimizers` are named."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    optimizers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


def outcomes(curves: Curves) -> tuple[RaceResult, ...]:
    """Return the results of a race by optimizer, in its order."""
    places = range(len(curves.race.optimizers))
    accuracy = [curves.line(place, "accuracy") for place in places]
    best = max((line.middle.max() for line in accuracy if line.middle.size), default=math.nan)
    found = []
    for place, line in zip(places, accuracy, strict=True):
        nearly = line.steps[line.middle >= NEARLY * best]
        at_best = int(line.middle.argmax()) if line.middle.size else None
        found.append(
            RaceResult(
                optimizer=curves.race.optimizers[place],
                rate=curves.rates[place] if curves.rates else math.nan,
                loss=_final_loss(curves, place),
                best_accuracy=_at(line.middle, line.low, line.high, at_best),
                final_accuracy=_at(line.middle, line.low, line.high, -1 if line.middle.size else None),
                best_step=None if at_best is None else int(line.steps[at_best]),
                nearly_step=int(nearly[0]) if nearly.size else None,
                seconds=_median(curves.column("seconds")[place]),
                lost_at=curves.lost_at(place),
            )
        )
    return tuple(found)


def remarks(found: tuple[RaceResult, ...], seeds: int) -> Iterator[Remark]:
    """Yield what the results of a race over so many seeds say, the most important first."""
    sound = [result for result in found if result.lost_at is None and not math.isnan(result.final_accuracy.middle)]
    if sound:
        ranked = sorted(sound, key=lambda result: -result.final_accuracy.middle)
        yield from _about_the_winner(ranked, seeds)
        yield from _about_speed(sound)
        yield from _about_loss(sound, ranked[0])
        yield from _about_falling(sound)
    for result in found:
        if result.lost_at is not None:
            yield Remark(
                N_(
                    "{name} diverged at step {step}: its loss was no finite number any more. Its learning rate, "
                    "{rate:.3g}, is too large here; the curve up to there is kept."
                ),
                {"step": result.lost_at, "rate": result.rate},
                _name(result),
            )


def _about_the_winner(ranked: list[RaceResult], seeds: int) -> Iterator[Remark]:
    first = ranked[0]
    yield Remark(
        N_("{name} ends with the highest held-out accuracy, {accuracy:.1%}."),
        {"accuracy": first.final_accuracy.middle},
        _name(first),
    )
    if len(ranked) < 2:
        return
    second = ranked[1]
    lead = first.final_accuracy.middle - second.final_accuracy.middle
    values, names = {"lead": 100 * lead, "seeds": seeds}, _name(second)
    if lead < LEVEL:
        message = N_("{name} is level with it.")
    elif seeds == 1:
        message = N_("{name} follows {lead:.1f} points behind. This is one seed: run several to see what is chance.")
    elif first.final_accuracy.low > second.final_accuracy.high:
        message = N_("{name} follows {lead:.1f} points behind, in each of the {seeds} seeds.")
    else:
        message = N_("{name} follows {lead:.1f} points behind, less than the seeds differ: call it a draw.")
    yield Remark(message, values, names)


def _about_speed(sound: list[RaceResult]) -> Iterator[Remark]:
    arrived = sorted(
        (result for result in sound if result.nearly_step is not None), key=lambda result: result.nearly_step or 0
    )
    late = [result for result in sound if result.nearly_step is None]
    if arrived:
        yield Remark(
            N_("{name} is the first within {nearly:.0%} of the best accuracy, at step {step}."),
            {"nearly": NEARLY, "step": arrived[0].nearly_step},
            _name(arrived[0]),
        )
    if late:
        yield Remark(
            N_("Not there by the end: {names}. More steps or other learning rates might help."),
            {},
            {"names": tuple(result.optimizer for result in late)},
        )
    costs = sorted(sound, key=lambda result: result.seconds)
    if len(costs) > 1 and costs[-1].seconds > 1.15 * costs[0].seconds:
        yield Remark(
            N_("A step of {slow} takes {ratio:.1f} times as long as one of {fast}."),
            {"ratio": costs[-1].seconds / costs[0].seconds},
            {"slow": (costs[-1].optimizer,), "fast": (costs[0].optimizer,)},
        )


def _about_loss(sound: list[RaceResult], winner: RaceResult) -> Iterator[Remark]:
    lowest = min(sound, key=lambda result: result.loss.middle)
    if lowest.final_accuracy.middle < winner.final_accuracy.middle - LEVEL:
        yield Remark(
            N_("{name} has the lowest training loss, {loss:.3g}, not the best accuracy: to fit is not to generalise."),
            {"loss": lowest.loss.middle},
            _name(lowest),
        )


def _about_falling(sound: list[RaceResult]) -> Iterator[Remark]:
    for result in sound:
        fell = result.best_accuracy.middle - result.final_accuracy.middle
        if fell > FELL:
            yield Remark(
                N_("{name} was best at step {step} and lost {fell:.1f} points since: stop early, or lower its rate."),
                {"step": result.best_step, "fell": 100 * fell},
                _name(result),
            )


def _name(race_result: RaceResult) -> dict[str, tuple[str, ...]]:
    return {"name": (race_result.optimizer,)}


def _final_loss(curves: Curves, index: int) -> SeedSpread:
    done = curves.steps_done
    values = curves.column("loss")[index, :, max(0, done - max(1, round(END * done))) : done]
    means = [float(row[np.isfinite(row)].mean()) for row in values if np.isfinite(row).any()]
    return SeedSpread(*(float(q) for q in np.quantile(means, (0.5, 0, 1)))) if means else SeedSpread(*[math.nan] * 3)


def _at(middle: Floats, low: Floats, high: Floats, at: int | None) -> SeedSpread:
    return SeedSpread(*[math.nan] * 3) if at is None else SeedSpread(float(middle[at]), float(low[at]), float(high[at]))


def _median(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else math.nan
