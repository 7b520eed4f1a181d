"""Compares all strategies on the same images and the same folds by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.compute import single_threaded
from core.errors import UserError
from core.events import Event
from core.i18n import N_
from core.transfer.data.config import TransferConfig
from core.transfer.data.labelled_images import Labels, Prepared, stratified_sample
from core.transfer.training.strategies import STRATEGIES, Plan, TrainedModel, TrainingData, plans

if TYPE_CHECKING:
    from core.architectures.features import Features
    from core.architectures.loading import Backbone

FOLDS = 3
JUDGES = 400
"""Pictures that judge, where a set has so many: of a few, luck decides which of many strategies is the best."""
CURVE = (2, 5, 10, 20, 50)
"""Pictures per class from which learning curves are drawn, as far as there are as many."""


@dataclass(frozen=True, kw_only=True)
class ComparisonConfig:
    """What is compared: the `setup`, split into `folds`, each of which judges once what was learned from the others.

    `trained` is how many of the last stages are fine-tuned; `strategies` the names of those that take part. With
    `curves` the strategies learn from fewer pictures too.
    """

    setup: TransferConfig
    trained: int = 1
    folds: int = FOLDS
    strategies: tuple[str, ...] = tuple(STRATEGIES)
    curves: bool = True


@dataclass(frozen=True, kw_only=True)
class FoldResult:
    """How a plan did in one fold, having learned from `per_class` pictures of each class (None: all there are).

    `places` and `answers` are the pictures it was judged by and the classes it gave them. `seconds` is what learning
    took on one core, features included where they are used; `trained` counts parameters.
    """

    plan: Plan
    fold: int
    accuracy: float
    seconds: float
    trained: int
    places: tuple[int, ...]
    answers: tuple[int, ...]
    per_class: int | None = None


@dataclass(frozen=True, kw_only=True)
class ComparisonSetup:
    """What all plans have in common: classes, the label and the place in the set of each picture, the stages.

    `others` of the pictures only judge, nothing learns from them.
    """

    classes: tuple[str, ...]
    is_marked: bool
    labels: tuple[int, ...]
    places: tuple[int, ...]
    stages: tuple[str, ...]
    plans: tuple[Plan, ...]
    others: int = 0


@dataclass(frozen=True, kw_only=True)
class ComparisonEvent(Event):
    """How far it is, with what is new: the `setting` first, then each time a plan has been `judged`."""

    setting: ComparisonSetup | None = None
    judged: FoldResult | None = None
    doing: Plan | None = None


def splits(
    pictures: Prepared, folds: int, seed: int, teaching: NDArray[np.bool_] | None = None
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return the places to learn from and to be judged by, for each fold; every class in its share, groups whole.

    Each picture judges once. Only those that `teaching` (n,) names are learned from; by default all. Raises `UserError`
    where a class has too few pictures, or too few that do not belong together.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    labels, groups = pictures.labels, pictures.groups
    teaching = np.ones(len(labels), dtype=bool) if teaching is None else teaching
    folds = min(folds, *(len(np.unique(groups[teaching & (labels == label)])) for label in np.unique(labels)))
    if folds < 2:
        raise UserError(
            N_("A class has only pictures that repeat each other, so that none is left to judge by."),
            N_("Add different pictures of each class."),
        )
    others = np.bincount(labels[~teaching], minlength=int(labels.max()) + 1)
    strata = 2 * labels + (~teaching & (others[labels] >= folds))  # a stratum has a picture for each fold
    divided = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(labels, strata, groups)
    return [(learned_from[teaching[learned_from]], held_out_index) for learned_from, held_out_index in divided]


def compare(comparison: ComparisonConfig) -> Iterator[ComparisonEvent]:
    """Run all plans of a comparison and yield each result as it comes; the same plans give the same results.

    Raises `UserError` where the pictures or the weights cannot be had, or do not suffice.
    """
    with single_threaded(with_classifiers=True):
        yield from _compare(comparison)


def _compare(comparison: ComparisonConfig) -> Iterator[ComparisonEvent]:
    from core.architectures.features import Features, concatenate, extract_features, stage_ends

    setup = comparison.setup
    backbone = setup.network()
    yield ComparisonEvent(step=0)
    pictures, teaching = setup.with_judges(backbone, JUDGES)
    divided = splits(pictures, comparison.folds, setup.seed, teaching)
    stages = tuple(stage_ends(backbone))
    taking_part = [plan for plan in plans(stages, comparison.trained) if plan.strategy in comparison.strategies]
    works = list(_works(comparison, pictures, divided, taking_part))
    total = len(works) + 1
    yield ComparisonEvent(step=0, total_steps=total, setting=_setting(pictures, stages, tuple(taking_part), teaching))
    begun, parts = time.monotonic(), []
    for part in extract_features(backbone, pictures.images):
        parts.append(part)
        yield ComparisonEvent(step=0, total_steps=total)
    features = concatenate(parts)
    each = (time.monotonic() - begun) / len(pictures)
    for done, (plan, fold, learned_from, per_class) in enumerate(works, 1):
        yield ComparisonEvent(step=done, total_steps=total, doing=plan)
        begun, learned = time.monotonic(), None
        own = Features({k: v[learned_from] for k, v in features.stages.items()}, features.logits[learned_from])
        training_data = TrainingData(backbone, pictures.part(learned_from), own, plan.stage, setup.seed + fold)
        for learned in STRATEGIES[plan.strategy].fit(training_data):
            if learned is None:
                yield ComparisonEvent(step=done, total_steps=total, doing=plan)
        assert learned is not None
        seconds = time.monotonic() - begun
        if STRATEGIES[plan.strategy].takes_features:
            seconds += each * len(learned_from)
        held_out_index = divided[fold][1]
        answers = _answers(learned, plan, pictures, features, held_out_index, backbone)
        judged = FoldResult(
            plan=plan,
            fold=fold,
            accuracy=float((answers == pictures.labels[held_out_index]).mean()),
            seconds=seconds,
            trained=learned.trained,
            places=tuple(held_out_index.tolist()),
            answers=tuple(answers.tolist()),
            per_class=per_class,
        )
        yield ComparisonEvent(step=done, total_steps=total, judged=judged)


def _setting(
    pictures: Prepared, stages: tuple[str, ...], taking_part: tuple[Plan, ...], teaching: NDArray[np.bool_]
) -> ComparisonSetup:
    return ComparisonSetup(
        classes=pictures.classes,
        is_marked=pictures.is_marked,
        labels=tuple(pictures.labels.tolist()),
        places=tuple(pictures.places.tolist()),
        stages=stages,
        plans=taking_part,
        others=int((~teaching).sum()),
    )


Work = tuple[Plan, int, NDArray[np.intp], int | None]


def _works(
    comparison: ComparisonConfig,
    pictures: Prepared,
    divided: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    taking_part: list[Plan],
) -> Iterator[Work]:
    """Return what is to be done: quick plans first, the first fold of all before the second, curves at the end."""
    for fold, (learned_from, _judged_by) in enumerate(divided):
        for plan in taking_part:
            yield plan, fold, learned_from, None
    if not comparison.curves:
        return
    learned_from = divided[0][0]
    labels = pictures.labels[learned_from]
    least = int(np.bincount(labels).max())
    for per_class in (size for size in CURVE if size < 0.8 * least):
        few = learned_from[fewer(labels, per_class, comparison.setup.seed)]
        for plan in taking_part:
            yield plan, 0, few, per_class


def fewer(labels: Labels, per_class: int, seed: int) -> NDArray[np.intp]:
    """Return the places of at most `per_class` pictures of each class."""
    return np.sort(stratified_sample(labels, per_class, seed))


def _answers(
    learned: TrainedModel,
    plan: Plan,
    pictures: Prepared,
    features: Features,
    held_out_index: NDArray[np.intp],
    backbone: Backbone,
) -> NDArray[np.int64]:
    """Return the class that each picture is given: from its features where the trunk is as it was."""
    import torch

    from core.transfer.training.fine_tuning import predict

    if STRATEGIES[plan.strategy].takes_features:
        with torch.inference_mode():
            logits = learned.network.linear(torch.from_numpy(features.stages[plan.stage][held_out_index])).numpy()
    else:
        logits = predict(learned.network, pictures.images[held_out_index], backbone.preprocessing)
    return np.asarray(logits.argmax(1), dtype=np.int64)
