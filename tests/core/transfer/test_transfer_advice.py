"""The diagnosis and the advice: each of the four cases is reached by a data set that comes along."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from core.transfer.advice.case_map import map_of
from core.transfer.advice.case_studies import CASES
from core.transfer.advice.rules import BORDERS, RULES, advise, estimate, largeness, position, similarity
from core.transfer.data.config import TransferConfig
from core.transfer.diagnosis.diagnosis import Diagnosis, diagnose
from core.transfer.diagnosis.transferability import Measured
from core.transfer.training.strategies import STRATEGIES, Plan

REACHED = {
    "small_similar": ("photographs", 4),
    "large_similar": ("shapes", 20),
    "small_different": ("tissue", 4),
    "large_different": ("digits", 20),
}


def measured(dataset: str, per_class: int, backbone: str = "tiny_resnet", weights: str = "embedded") -> Diagnosis:
    *_, last = diagnose(TransferConfig(dataset=dataset, backbone=backbone, weights=weights, per_class=per_class))
    assert last.diagnosis is not None
    return last.diagnosis


@pytest.fixture(scope="module")
def few_tissue() -> Diagnosis:
    return measured(*REACHED["small_different"])


@pytest.mark.parametrize("name", RULES)
def test_each_case_is_reached_by_a_data_set(name: str) -> None:
    diagnosis = measured(*REACHED[name])
    advice = advise(diagnosis)
    assert advice.rule.name == name
    assert sum(advice.shares.values()) == pytest.approx(1)
    stages = [reading.stage for reading in diagnosis.stages]
    expected = {
        "large_similar": Plan(strategy="all"),
        "large_different": Plan(strategy="all"),
    }
    if name in expected:
        assert advice.plan == expected[name]
        assert not advice.is_exception
    else:
        assert advice.plan.strategy == "probe"
        allowed = diagnosis.stages if name == "small_similar" else diagnosis.stages[:-1]
        chosen = next(one for one in allowed if one.stage == advice.plan.stage)
        best = max((one.nearest for one in allowed), key=lambda nearest: nearest.value)
        assert chosen.nearest.value >= best.value - best.error
        assert advice.is_exception is (name == "small_similar" and chosen.stage != stages[-1])


def similar(diagnosis: Diagnosis, *agreeing: float) -> Diagnosis:
    """Return a diagnosis of similar pictures, with these readings of nearest neighbours, each with an error of 0.1."""
    stages = tuple(
        replace(stage, nearest=Measured(value, 0.1)) for stage, value in zip(diagnosis.stages, agreeing, strict=True)
    )
    return replace(diagnosis, stages=stages, distance=Measured(0.0, 0.01))


def test_similar_pictures_take_the_last_stage_unless_an_earlier_one_is_clearly_better(few_tissue: Diagnosis) -> None:
    last = advise(similar(few_tissue, 0.3, 0.4, 0.5, 0.6, 0.55))
    assert (last.rule.name, last.plan) == ("small_similar", Plan(strategy="probe", stage="stage 4"))
    assert not last.is_exception
    earlier = advise(similar(few_tissue, 0.3, 0.4, 0.75, 0.7, 0.55))
    assert (earlier.rule.name, earlier.plan) == ("small_similar", Plan(strategy="probe", stage="stage 3"))
    assert earlier.is_exception
    assert earlier.rule.exception


def test_the_diagnosis_counts_and_times_what_it_saw(few_tissue: Diagnosis) -> None:
    assert few_tissue.counts == (4,) * 4
    assert few_tissue.per_class == 4
    assert few_tissue.seconds > 0
    assert few_tissue.head_parameters("stage 4") == (176 + 1) * 4
    assert 0 < few_tissue.entropy.value <= 1
    assert few_tissue.leep.value < 0
    for reading in few_tissue.stages:
        assert reading.distance is not None
        assert reading.distance.error > 0
        assert reading.logme.error > 0
        assert 0 <= reading.nearest.value <= 1


def test_events_say_how_far_it_is() -> None:
    events = list(diagnose(TransferConfig(dataset="tissue", backbone="tiny_vgg", weights="untrained", per_class=10)))
    assert [event.step for event in events] == sorted(event.step for event in events)
    assert events[-1].fraction == 1
    assert [event.diagnosis is None for event in events] == [True] * (len(events) - 1) + [False]


def test_a_network_without_normalisation_is_judged_by_its_answers() -> None:
    diagnosis = measured("tissue", 3, backbone="squeezenet1_1", weights="untrained")
    assert diagnosis.distance is None
    assert position(diagnosis).measure == "entropy"


def test_the_borders_are_soft(few_tissue: Diagnosis) -> None:
    border, softness = BORDERS["distance"]
    assert similarity(border, border, softness) == 0.5
    assert largeness(100, 100) == 0.5
    assert largeness(40, 100) < 0.1 < 0.9 < largeness(250, 100)
    between = replace(few_tissue, distance=Measured(border, 0.01))
    advice = advise(between)
    assert advice.second is not None
    assert {advice.rule.name, advice.second.name} == {"small_similar", "small_different"}
    assert advise(replace(few_tissue, distance=Measured(1.0, 0.01))).second is None


def test_more_parameters_ask_for_more_pictures(few_tissue: Diagnosis) -> None:
    stages = few_tissue.stages
    large = replace(few_tissue, stages=(*stages[:-1], replace(stages[-1], parameters=14_000_000)))
    assert position(large).enough > 1.5 * position(few_tissue).enough


def test_of_few_classes_more_pictures_of_each_are_asked_for(few_tissue: Diagnosis) -> None:
    def enough(classes: int) -> float:
        return position(replace(few_tissue, classes=("one",) * classes, counts=(4,) * classes)).enough

    assert 2 * enough(2) == pytest.approx(4 * enough(4))  # so many in all
    assert enough(4) > enough(20) == enough(100)


def test_estimates_grow_with_what_is_trained(few_tissue: Diagnosis) -> None:
    stages = [reading.stage for reading in few_tissue.stages]
    probe, last, everything, scratch = (
        estimate(few_tissue, plan)
        for plan in (
            Plan(strategy="probe", stage=stages[-1]),
            Plan(strategy="last_stages", stage=stages[-1]),
            Plan(strategy="all"),
            Plan(strategy="scratch"),
        )
    )
    assert probe.seconds < last.seconds <= everything.seconds < scratch.seconds
    assert probe.bytes < last.bytes < everything.bytes


def test_the_map_is_clearest_in_its_corners(few_tissue: Diagnosis) -> None:
    drawn = map_of(position(few_tissue))
    corners = [drawn.shares[up][across] for up in (0, -1) for across in (0, -1)]
    middle = min(min(row) for row in drawn.shares)
    assert min(corners) > 0.95
    assert middle < 0.35
    assert set(drawn.titles) == set(RULES)


def test_rules_cover_the_four_cases_and_cases_belong_to_rules() -> None:
    assert {(rule.is_large, rule.is_similar) for rule in RULES.values()} == {
        (large, similar) for large in (False, True) for similar in (False, True)
    }
    assert all(set(rule.strategies) <= set(STRATEGIES) for rule in RULES.values())
    assert {case.rule for case in CASES.values()} == set(RULES)


def test_an_unknown_set_is_a_problem() -> None:
    with pytest.raises(UserError, match="data set"):
        next(iter(TransferConfig(dataset="nothing", backbone="tiny_vgg", weights="untrained").labelled().classes))
