"""The verdict of a comparison: held-out accuracies with intervals, and whether the advice held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.transfer.comparison.cross_validation import FoldResult
from core.transfer.training.strategies import Plan

CONFIDENCE = 0.95
CLOSE = 0.02  # in accuracy: so near to the best, the advice counts as held whatever the test says


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a plan did over all folds so far: `right` of `judged` pictures, with a 95 % interval of the accuracy.

    `seconds` is the mean time of learning once; `trained` counts parameters.
    """

    plan: Plan
    right: int
    judged: int
    accuracy: float
    low: float
    high: float
    folds: int
    seconds: float
    trained: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the advised plan held: it was "best", "close" to it, "undecided", or "beaten".

    `probability` is how often a difference at least as large would come by chance, were both equally good: the exact
    McNemar test on pictures that only one of the two got right.
    """

    kind: Literal["best", "close", "undecided", "beaten"]
    advised: Standing
    best: Standing
    probability: float


def standings(results: Iterable[FoldResult], labels: Sequence[int]) -> list[Standing]:
    """Return how each plan stands that learned from all its pictures, the best first; `labels` by picture."""
    from scipy.stats import binomtest

    found = []
    for plan, judged in _by_plan(results).items():
        right = sum(_right(fold, labels) for fold in judged)
        count = sum(len(fold.places) for fold in judged)
        interval = binomtest(right, count).proportion_ci(CONFIDENCE, method="wilson")
        found.append(
            Standing(
                plan=plan,
                right=right,
                judged=count,
                accuracy=right / count,
                low=float(interval.low),
                high=float(interval.high),
                folds=len(judged),
                seconds=float(np.mean([fold.seconds for fold in judged])),
                trained=judged[0].trained,
            )
        )
    return sorted(found, key=lambda standing: -standing.accuracy)


def verdict(results: Sequence[FoldResult], labels: Sequence[int], advised: Plan) -> Verdict | None:
    """Return whether the advised plan held against the best one; None before both were judged on the same pictures."""
    from scipy.stats import binomtest

    ranked = standings(results, labels)
    mine = next((standing for standing in ranked if standing.plan == advised), None)
    best = next((standing for standing in ranked if mine is not None and standing.folds == mine.folds), None)
    if mine is None or best is None:
        return None
    if mine.accuracy >= best.accuracy:
        return Verdict(kind="best", advised=mine, best=mine, probability=1.0)
    by_plan = _by_plan(results)
    first, second = _answers(by_plan[advised], labels), _answers(by_plan[best.plan], labels)
    shared = first.keys() & second.keys()
    only_first = sum(first[place] and not second[place] for place in shared)
    only_second = sum(second[place] and not first[place] for place in shared)
    probability = float(binomtest(only_first, only_first + only_second).pvalue) if only_first + only_second else 1.0
    close = round(best.accuracy - mine.accuracy, 9) <= CLOSE
    kind: Literal["close", "undecided", "beaten"] = (
        "close" if close else "undecided" if probability > 1 - CONFIDENCE else "beaten"
    )
    return Verdict(kind=kind, advised=mine, best=best, probability=probability)


def curve(results: Iterable[FoldResult], labels: Sequence[int], plan: Plan, most: int) -> list[tuple[int, float]]:
    """Return pictures per class and accuracy in the first fold, rising; `most` stands for all there are."""
    points = {}
    for result in results:
        if result.plan == plan and result.fold == 0:
            points[result.per_class or most] = _right(result, labels) / len(result.places)
    return sorted(points.items())


def confusion(results: Iterable[FoldResult], labels: Sequence[int], plan: Plan, classes: int) -> list[list[list[int]]]:
    """Return for each true class and each answered one the places of the pictures that fell there, all folds."""
    cells: list[list[list[int]]] = [[[] for _ in range(classes)] for _ in range(classes)]
    for result in results:
        if result.plan == plan and result.per_class is None:
            for place, answer in zip(result.places, result.answers, strict=True):
                cells[labels[place]][answer].append(place)
    return cells


@dataclass(frozen=True)
class Confusion:
    """How often pictures of one class, `true`, were `answered` with another."""

    true: int
    answered: int
    count: int


def confusions(results: Iterable[FoldResult], labels: Sequence[int], plan: Plan, classes: int) -> list[Confusion]:
    """Return what a plan takes for what, the most frequent first; what is right is left out."""
    found = [
        Confusion(true, answered, len(places))
        for true, row in enumerate(confusion(results, labels, plan, classes))
        for answered, places in enumerate(row)
        if places and true != answered
    ]
    return sorted(found, key=lambda cell: -cell.count)


def _by_plan(results: Iterable[FoldResult]) -> dict[Plan, list[FoldResult]]:
    found: dict[Plan, list[FoldResult]] = {}
    for result in results:
        if result.per_class is None:
            found.setdefault(result.plan, []).append(result)
    return found


def _answers(judged: Iterable[FoldResult], labels: Sequence[int]) -> dict[int, bool]:
    return {
        place: answer == labels[place]
        for fold in judged
        for place, answer in zip(fold.places, fold.answers, strict=True)
    }


def _right(fold_result: FoldResult, labels: Sequence[int]) -> int:
    return sum(answer == labels[place] for place, answer in zip(fold_result.places, fold_result.answers, strict=True))
