"""The rules of the advice: small or large, similar or different data, and what follows.

The four cases are those of the lecture, after Yosinski et al. (2014, arXiv:1411.1792); the borders are soft.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.i18n import N_
from core.registry import Registry
from core.transfer.diagnosis.diagnosis import Diagnosis, StageReading
from core.transfer.diagnosis.transferability import Measured
from core.transfer.training.strategies import STRATEGIES, Plan, recipe_for

Measure = Literal["distance", "entropy"]
BORDERS: dict[Measure, tuple[float, float]] = {"distance": (0.5, 0.06), "entropy": (0.75, 0.08)}
"""Where similar ends, and how soft that border is: the distance in stored deviations, the entropy as a share."""
ENOUGH, ENOUGH_IN_ALL, ENOUGH_FOR = 8.0, 90.0, 1.4e6
"""So many pictures of each class, and of all classes, are the border between few and many; for so many parameters.

`make bench ONLY=transfer.advice` prints how often what follows is within two points of the best.
"""
FROM_PROBE = N_(
    "Begin with a linear probe as the head, its weights scaled down: sure of nothing yet, it leaves the trunk "
    "something to learn."
)
"""How all fine-tuning begins."""
GROWTH = 0.25  # the border grows with the parameters to this power: ten times the weights, 1.8 times the pictures
SIZE_SOFTNESS = 0.5  # in doublings
SECOND_FROM = 0.25  # a case that holds this much is named beside the first
BACKWARD = 3.2  # a training step takes about so many forward passes
STATES = 16  # bytes of a trained parameter: weight, gradient and AdamW's two moments in float32


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One case: few or many pictures, similar or different; what to do there, and why.

    `strategies` are names in `STRATEGIES`, the first one advised; of a stage before the last where `is_early`. Where
    such a stage is clearly better though the rule says the last, it is advised and the `exception` said. All texts are
    marked for translation.
    """

    name: str
    is_large: bool
    is_similar: bool
    title: str
    advice: str
    reason: str
    change: str
    schedule: tuple[str, ...]
    strategies: tuple[str, ...]
    is_early: bool = False
    exception: str = ""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where pictures lie: `per_class` of them against the border `enough`; `value` of a `measure` against its border.

    `large` and `similar` are how far each holds, in [0, 1].
    """

    per_class: float
    enough: float
    large: float
    measure: Measure
    value: Measured
    border: float
    similar: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What learning takes here: seconds on one core, and bytes."""

    seconds: float
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do: the `rule` that holds most, the next one where it holds too, and the `plan` that follows.

    `shares` says how far each rule holds; they add up to 1. `is_exception` says that the stage is not the one that the
    rule names, but an earlier one.
    """

    position: Position
    shares: Mapping[str, float]
    rule: Rule
    second: Rule | None
    plan: Plan
    is_exception: bool = False


RULES: Registry[Rule] = Registry(
    N_("rule"),
    (
        Rule(
            name="small_similar",
            is_large=False,
            is_similar=True,
            title=N_("Few pictures, similar"),
            advice=N_("Train a linear classifier, or an SVM, on the features of the last stage."),
            reason=N_(
                "The last features already tell such things apart. There are too few pictures to move millions of "
                "weights without learning them by heart."
            ),
            change=N_("With more pictures of each class, fine-tuning begins to pay."),
            schedule=(
                N_("Freeze everything, statistics of batch normalisation included."),
                N_("Standardise the features of the last stage, one number a channel."),
                N_("Fit logistic regression or a linear SVM: seconds, no learning rate, no epochs."),
            ),
            strategies=("probe", "svm"),
            exception=N_(
                "Here the nearest neighbours at an earlier stage are of the same class clearly more often than at the "
                "last one: take the features of that stage instead."
            ),
        ),
        Rule(
            name="large_similar",
            is_large=True,
            is_similar=True,
            title=N_("Many pictures, similar"),
            advice=N_("Fine-tune, with confidence: all stages, slowly, behind a new head."),
            reason=N_(
                "The features are nearly right, and there are enough pictures to improve them without forgetting what "
                "they know."
            ),
            change=N_("With fewer pictures, stop at a linear classifier; the last stages alone are a way between."),
            schedule=(
                FROM_PROBE,
                N_(
                    "Train all stages: the last at a tenth of the head’s learning rate, each before it at 0.6 of the "
                    "next."
                ),
                N_("Keep the statistics of batch normalisation; some ten epochs, warm-up and cosine."),
            ),
            strategies=("all", "last_stages"),
        ),
        Rule(
            name="small_different",
            is_large=False,
            is_similar=False,
            title=N_("Few pictures, different"),
            advice=N_("Train a linear classifier on the features of an earlier stage."),
            reason=N_(
                "The last features are about the things that the network was trained on. Edges, colours and textures "
                "of earlier stages serve other pictures too, and there are too few to learn better ones."
            ),
            change=N_("With more pictures, train everything; with a network trained on similar pictures, use its end."),
            schedule=(
                N_("Freeze everything, statistics of batch normalisation included."),
                N_(
                    "Take the features of the latest stage before the last at which the nearest neighbour is of the "
                    "same class about as often as at the best."
                ),
                N_("Standardise them and fit logistic regression or a linear SVM."),
            ),
            strategies=("probe", "svm"),
            is_early=True,
        ),
        Rule(
            name="large_different",
            is_large=True,
            is_similar=False,
            title=N_("Many pictures, different"),
            advice=N_("Train everything, still starting from the pretrained weights."),
            reason=N_(
                "There are enough pictures to learn features of their own, and a trained beginning gets there sooner "
                "than a random one."
            ),
            change=N_("With fewer pictures, use features of an earlier stage instead."),
            schedule=(
                FROM_PROBE,
                N_("Train all stages; here the early ones may move too, so try a larger rate for them."),
                N_("Give it more epochs than similar pictures need, and compare with training from scratch."),
            ),
            strategies=("all", "scratch"),
        ),
    ),
)


def advise(diagnosis: Diagnosis) -> Advice:
    """Return the advice that follows from a diagnosis."""
    place = position(diagnosis)
    shares = {rule.name: _share(rule, place.large, place.similar) for rule in RULES.values()}
    order = sorted(RULES.values(), key=lambda rule: -shares[rule.name])
    second = order[1] if shares[order[1].name] >= SECOND_FROM else None
    rule, stage = order[0], _stage(order[0], diagnosis.stages)
    return Advice(
        position=place,
        shares=shares,
        rule=rule,
        second=second,
        plan=Plan(strategy=rule.strategies[0], stage=stage),
        is_exception=not rule.is_early and stage not in ("", diagnosis.stages[-1].stage),
    )


def position(diagnosis: Diagnosis) -> Position:
    """Return where pictures lie on the map; of a network without batch normalisation its answers tell how similar."""
    measure: Measure = "entropy" if diagnosis.distance is None else "distance"
    value = diagnosis.distance or diagnosis.entropy
    border, softness = BORDERS[measure]
    enough = max(ENOUGH, ENOUGH_IN_ALL / len(diagnosis.counts)) * (diagnosis.parameters / ENOUGH_FOR) ** GROWTH
    return Position(
        per_class=diagnosis.per_class,
        enough=enough,
        large=largeness(diagnosis.per_class, enough),
        measure=measure,
        value=value,
        border=border,
        similar=similarity(value.value, border, softness),
    )


def largeness(per_class: float, enough: float) -> float:
    """Return how far so many pictures of each class are many, in [0, 1]; 0.5 on the border."""
    return _soft(math.log2(max(per_class, 0.1) / enough) / SIZE_SOFTNESS)


def similarity(value: float, border: float, softness: float) -> float:
    """Return how far pictures are similar by a measure that grows as they differ, in [0, 1]; 0.5 on the border."""
    return _soft((border - value) / softness)


def estimate(diagnosis: Diagnosis, plan: Plan, share: float = 1.0) -> Estimate:
    """Return about what a plan takes on this machine, learning from a `share` of the pictures."""
    count = max(1, round(share * sum(diagnosis.counts)))
    strategy = STRATEGIES[plan.strategy]
    if strategy.takes_features:
        return Estimate(seconds=count * diagnosis.seconds, bytes=2 * diagnosis.activation_bytes)
    stages = [reading.stage for reading in diagnosis.stages]
    before = diagnosis.stages[stages.index(plan.stage) - 1].parameters if plan.stage in stages[1:] else 0
    batch = min(recipe_for(count).batch, count)
    steps = strategy.epochs(count) * max(1, count // batch)
    return Estimate(
        seconds=BACKWARD * diagnosis.seconds * steps * batch,
        bytes=2 * batch * diagnosis.activation_bytes + STATES * (diagnosis.parameters - before),
    )


def _share(rule: Rule, large: float, similar: float) -> float:
    return (large if rule.is_large else 1 - large) * (similar if rule.is_similar else 1 - similar)


def _stage(rule: Rule, stages: Sequence[StageReading]) -> str:
    """Return the stage whose features a rule's first strategy takes; "" where it takes none.

    Of those that the rule allows it is the latest whose nearest neighbours agree as often as those of the best, within
    one standard error. LogME, noisier of few pictures, chose worse on the sets that come along.
    """
    if not STRATEGIES[rule.strategies[0]].takes_features:
        return ""
    allowed = stages[:-1] if rule.is_early and len(stages) > 1 else stages
    best = max((reading.nearest for reading in allowed), key=lambda nearest: nearest.value)
    return [reading.stage for reading in allowed if reading.nearest.value >= best.value - best.error][-1]


def _soft(value: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, value))))
