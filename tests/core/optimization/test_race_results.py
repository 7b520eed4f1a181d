"""What is said of a race follows from its numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.optimization.network_race.config import NetworkRace, RaceEvent
from core.optimization.network_race.curves import Curves
from core.optimization.network_race.results import outcomes, remarks
from core.optimization.optimizers import OPTIMIZERS

STEPS = 40


def curves_of(accuracy: dict[str, list[float]], seconds: dict[str, float] | None = None, seeds: int = 1) -> Curves:
    """Return curves of a race in which accuracies, by optimizer, are spread evenly over the steps."""
    race = NetworkRace(task="moons", optimizers=tuple(accuracy), steps=STEPS, seeds=seeds)
    curves = Curves(race)
    rows = []
    for index, (name, values) in enumerate(accuracy.items()):
        for seed in range(seeds):
            for step in range(STEPS + 1):
                measured = values[step * len(values) // (STEPS + 1)]
                loss = 2.0 - 0.01 * step - 0.1 * index if step < STEPS else math.nan
                lr = 0.1 if step < STEPS else math.nan
                cost = (seconds or {}).get(name, 0.001)
                rows.append((index, seed, step, loss, 1.0, lr, measured + 0.02 * seed, cost))
    curves.add([RaceEvent(step=STEPS, rows=np.array(rows), rates=(0.1,) * len(accuracy))])
    return curves


def said(curves: Curves) -> str:
    sentences = []
    for remark in remarks(outcomes(curves), curves.race.seeds):
        titles = {
            field: ", ".join(OPTIMIZERS[name].title for name in names) for field, names in remark.optimizers.items()
        }
        sentences.append(remark.message.format(**remark.values, **titles))
    return " ".join(sentences)


def test_the_results_are_those_of_the_curves() -> None:
    one, other = outcomes(curves_of({"sgd": [0.1, 0.5], "adam": [0.1, 0.9, 0.8]}, {"adam": 0.002}))
    assert (one.final_accuracy.middle, other.final_accuracy.middle) == (0.5, 0.8)
    assert (other.best_accuracy.middle, other.best_step) == (0.9, 14)
    assert (one.nearly_step, other.nearly_step) == (None, 14)
    assert one.loss.middle == pytest.approx(np.mean([2.0 - 0.01 * step for step in range(36, 40)]))
    assert (one.seconds, other.seconds) == (0.001, 0.002)
    assert one.lost_at is None


def test_the_spread_is_over_the_seeds() -> None:
    (one,) = outcomes(curves_of({"sgd": [0.5]}, seeds=3))
    assert (one.final_accuracy.low, one.final_accuracy.middle, one.final_accuracy.high) == pytest.approx(
        (0.5, 0.52, 0.54)
    )


def test_the_winner_is_named_and_one_seed_is_called_one_seed() -> None:
    text = said(curves_of({"sgd": [0.1, 0.5], "adam": [0.1, 0.8]}))
    assert "Adam ends with the highest held-out accuracy, 80.0%." in text
    assert "Gradient descent follows 30.0 points behind. This is one seed" in text


def test_a_difference_within_the_seeds_is_a_draw() -> None:
    assert "call it a draw" in said(curves_of({"sgd": [0.79], "adam": [0.8]}, seeds=3))
    assert "in each of the 3 seeds" in said(curves_of({"sgd": [0.5], "adam": [0.8]}, seeds=3))


def test_speed_by_steps_and_by_time() -> None:
    text = said(curves_of({"sgd": [0.1, 0.5], "adam": [0.1, 0.8]}, {"adam": 0.003}))
    assert "Adam is the first within 95% of the best accuracy, at step 21." in text
    assert "Not there by the end: Gradient descent." in text
    assert "A step of Adam takes 3.0 times as long as one of Gradient descent." in text


def test_fitting_and_falling() -> None:
    text = said(curves_of({"sgd": [0.1, 0.9, 0.8], "adam": [0.1, 0.5]}))
    assert "Adam has the lowest training loss" in text
    assert "Gradient descent was best at step 14 and lost 10.0 points since" in text


def test_a_lost_method_is_explained_and_wins_nothing() -> None:
    curves = curves_of({"sgd": [0.9], "adam": [0.5]})
    curves.table[0, 0, 7:, 3] = math.nan
    text = said(curves)
    assert "Gradient descent diverged at step 7" in text
    assert "Adam ends with the highest" in text


def test_before_the_first_numbers_there_is_nothing_to_say() -> None:
    curves = Curves(NetworkRace(task="moons", optimizers=("sgd",), steps=STEPS))
    assert list(remarks(outcomes(curves), curves.race.seeds)) == []
    assert math.isnan(outcomes(curves)[0].loss.middle)
