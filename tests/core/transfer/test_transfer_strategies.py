"""Strategies: what is frozen stays so, what is learned is scikit-learn's, and the same seed gives the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.architectures.features import Features, concatenate, extract_features, normalised, stage_ends
from core.architectures.loading import Backbone, load
from core.transfer.comparison.cross_validation import ComparisonConfig, ComparisonEvent, FoldResult, compare, fewer
from core.transfer.comparison.verdict import confusion, curve, standings, verdict
from core.transfer.data.catalogue import shapes
from core.transfer.data.config import TransferConfig
from core.transfer.data.labelled_images import Prepared, prepare_pictures
from core.transfer.training.fine_tuning import FineTuningConfig, augmented, fine_tune, predict
from core.transfer.training.strategies import (
    STRATEGIES,
    Plan,
    TrainedModel,
    TrainingData,
    logistic_regression,
    plans,
    recipe_for,
    set_head,
    set_short_head,
    support_vectors,
)
from core.transfer.training.transfer_network import TransferNetwork, parameters_up_to, stage_modules, with_new_head

SHORT = FineTuningConfig(epochs=2, batch=8, trunk_rate=1e-2, statistics=True)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load("tiny_squeezenet", "embedded")


@pytest.fixture(scope="module")
def few(backbone: Backbone) -> Prepared:
    return prepare_pictures(shapes(), backbone.preprocessing, 5)


@pytest.fixture(scope="module")
def features(backbone: Backbone, few: Prepared) -> Features:
    return concatenate(list(extract_features(backbone, few.images)))


def state(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


NETWORKS = ("tiny_vgg", "tiny_mobilenet", "resnet18", "squeezenet1_1", "inception_v3", "convnext_tiny", "xception")


@pytest.mark.parametrize("name", NETWORKS)
def test_the_trunk_gives_the_features_of_the_backbone(name: str) -> None:
    backbone = load(name)
    side = 64 if name.startswith("tiny") else 96
    images = np.random.default_rng(0).integers(0, 256, (2, side, side, 3)).astype(np.uint8)
    expected = concatenate(list(extract_features(backbone, images)))
    stages = list(stage_ends(backbone))
    for stage in {stages[len(stages) // 2], stages[-1]}:
        network = with_new_head(backbone, 3, stage)
        with torch.no_grad():
            network.linear.weight.zero_()
            width = min(3, expected.stages[stage].shape[1])
            network.linear.weight[:width, :width] = torch.eye(width)
            network.linear.bias.zero_()
        found = predict(network, images, backbone.preprocessing)
        np.testing.assert_allclose(found[:, :width], expected.stages[stage][:, :width], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_before_the_head_belongs_to_one_stage(name: str) -> None:
    backbone = load(name)
    network = with_new_head(backbone, 3)
    own = [id(one) for stage in network.modules_by_stage for one in network.parameters_of(stage)]
    assert len(own) == len(set(own))
    assert set(own) == {id(one) for one in network.trunk.parameters()}
    assert sum(one.numel() for one in network.trunk.parameters()) == list(parameters_up_to(backbone).values())[-1]
    assert list(stage_modules(backbone)) == list(stage_ends(backbone))


@pytest.mark.parametrize("trained", [0, 1, 2, 5])
def test_frozen_stages_are_bit_for_bit_what_they_were(backbone: Backbone, few: Prepared, trained: int) -> None:
    network = with_new_head(backbone, 6)
    stages = list(network.modules_by_stage)
    frozen = stages[: len(stages) - trained]
    network.freeze(tuple(frozen))
    before, shared = state(network), state(backbone.model)
    for _epoch in fine_tune(network, few.images, few.labels, backbone.preprocessing, SHORT, seed=0):
        pass
    after = network.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    for stage in stages:
        names = {f"trunk.{name}" for name in network.modules_by_stage[stage]}
        moved = {name for name in changed if name.rpartition(".")[0] in names}
        assert bool(moved) == (stage not in frozen), stage
        if stage not in frozen:
            assert any(name.endswith("running_mean") for name in moved)
    assert {"linear.weight", "linear.bias"} <= changed
    assert all(torch.equal(value, shared[name]) for name, value in backbone.model.state_dict().items())


def test_kept_statistics_stay_while_weights_learn(backbone: Backbone, few: Prepared) -> None:
    network = with_new_head(backbone, 6)
    before = state(network)
    recipe = FineTuningConfig(epochs=1, batch=8, statistics=False)
    for _epoch in fine_tune(network, few.images, few.labels, backbone.preprocessing, recipe, seed=0):
        pass
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert any(name.endswith("conv.weight") for name in changed)
    assert not any("running" in name for name in changed)


@pytest.mark.parametrize("make", [logistic_regression, support_vectors])
@pytest.mark.parametrize("classes", [2, 6])
def test_the_head_is_what_scikit_learn_has_learned(
    backbone: Backbone, few: Prepared, features: Features, make: object, classes: int
) -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    assert callable(make)
    stage = list(features.stages)[-1]
    chosen = few.labels < classes
    x, y = features.stages[stage][chosen], few.labels[chosen]
    network = with_new_head(backbone, classes, stage)
    set_head(network, make(), x, y)
    logits = network.linear(torch.from_numpy(x)).detach().numpy()
    theirs = make_pipeline(StandardScaler(), make()).fit(x.astype(np.float64), y)
    assert (logits.argmax(1) == theirs.predict(x)).all()
    scores = theirs.decision_function(x.astype(np.float64))
    ours = logits[:, 1] - logits[:, 0] if classes == 2 else logits
    np.testing.assert_allclose(ours, scores, rtol=1e-3, atol=1e-3)


def test_fine_tuning_begins_with_a_probe_as_small_as_what_is_drawn(
    backbone: Backbone, few: Prepared, features: Features
) -> None:
    values = features.stages[list(features.stages)[-1]]
    drawn, probe, short = (with_new_head(backbone, 6, seed=3) for _ in range(3))
    set_head(probe, logistic_regression(), values, few.labels)
    set_short_head(short, values, few.labels)
    assert probe.linear.weight.norm() > 1.5 * drawn.linear.weight.norm()
    torch.testing.assert_close(short.linear.weight.norm(), drawn.linear.weight.norm())
    sure, unsure = (one.linear(torch.from_numpy(values)).detach() for one in (probe, short))
    assert (sure.argmax(1) == unsure.argmax(1)).all()
    cosine = torch.nn.functional.cosine_similarity(sure.flatten(), unsure.flatten(), dim=0)
    assert float(cosine) == pytest.approx(1, abs=1e-4)


def test_features_that_are_all_the_same_give_a_head_of_numbers(backbone: Backbone, few: Prepared) -> None:
    network = with_new_head(backbone, 6)
    set_short_head(network, np.ones((len(few), network.linear.in_features), np.float32), few.labels)
    assert network.linear.weight.isfinite().all()


def test_a_class_without_pictures_is_never_answered(backbone: Backbone, few: Prepared, features: Features) -> None:
    stage = list(features.stages)[-1]
    network = with_new_head(backbone, 6, stage)
    chosen = few.labels != 2
    set_head(network, logistic_regression(), features.stages[stage][chosen], few.labels[chosen])
    answers = network.linear(torch.from_numpy(features.stages[stage])).argmax(1)
    assert 2 not in answers.tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_learns_and_counts_what_it_trains(
    backbone: Backbone, few: Prepared, features: Features, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.transfer.training.strategies.STEPS_WANTED", 2)
    monkeypatch.setattr("core.transfer.training.strategies.EPOCHS_LEAST", 1)
    stages = tuple(stage_ends(backbone))
    plan = next(plan for plan in reversed(plans(stages, 2)) if plan.strategy == name)
    *_, learned = STRATEGIES[name].fit(TrainingData(backbone, few, features, plan.stage, seed=1))
    assert isinstance(learned, TrainedModel)
    head = (learned.network.linear.in_features + 1) * 6
    counts = parameters_up_to(backbone)
    expected = {
        "last_stages": head + counts[stages[-1]] - counts[stages[-3]],
        "all": head + counts[stages[-1]],
        "scratch": head + counts[stages[-1]],
    }
    assert learned.trained == expected.get(name, head)
    assert predict(learned.network, few.images, backbone.preprocessing).shape == (len(few), 6)


def test_plans_name_every_stage_where_features_are_taken() -> None:
    found = plans(("stem", "body", "end"), trained=2)
    assert [plan.stage for plan in found if plan.strategy == "probe"] == ["stem", "body", "end"]
    assert Plan(strategy="last_stages", stage="body") in found
    assert Plan(strategy="all") in found


def test_few_pictures_get_more_epochs_and_scratch_twice_as_many() -> None:
    assert recipe_for(12).batch < recipe_for(60).batch < recipe_for(4000).batch
    assert min(count // recipe_for(count).batch for count in (25, 60, 100, 400)) >= 3
    assert recipe_for(40).epochs > recipe_for(400).epochs > recipe_for(4000).epochs
    assert recipe_for(400, from_scratch=True).epochs == 2 * recipe_for(400).epochs


def test_augmentation_moves_and_mirrors_and_is_the_seeds() -> None:
    batch = normalised(np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3)).astype(np.uint8), shapes_pre())
    recipe = FineTuningConfig(shift=1 / 16, flip=True)
    one, again = (augmented(batch, recipe, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, again)
    middle = batch[:, :, 4:-4, 4:-4]
    moved = [
        any(
            torch.equal(got[:, 4 + y : 28 + y, 4 + x : 28 + x], turned)
            for y in range(-2, 3)
            for x in range(-2, 3)
            for turned in (was, was.flip(2))
        )
        for got, was in zip(one, middle, strict=True)
    ]
    assert all(moved)
    assert not torch.equal(one, batch)
    assert torch.equal(augmented(batch, FineTuningConfig(shift=0), torch.Generator()), batch)


def shapes_pre() -> object:
    from core.architectures.loading import TINY_PREPROCESSING

    return TINY_PREPROCESSING


# --- the comparison --------------------------------------------------------------------------------------------------


def comparison(**other: object) -> ComparisonConfig:
    setup = TransferConfig(dataset="shapes", backbone="tiny_squeezenet", weights="embedded", per_class=6)
    settings = {"folds": 2, "strategies": ("probe", "last_stages"), "curves": False, **other}
    return ComparisonConfig(setup=setup, **settings)  # type: ignore[arg-type]


def results(one: ComparisonConfig) -> tuple[list[ComparisonEvent], list[FoldResult]]:
    events = list(compare(one))
    return events, [event.judged for event in events if event.judged is not None]


def test_the_same_contest_gives_the_same_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.transfer.training.strategies.STEPS_WANTED", 2)
    monkeypatch.setattr("core.transfer.comparison.cross_validation.JUDGES", 60)
    (events, first), (_events, second) = results(comparison()), results(comparison())
    assert [(one.plan, one.fold, one.answers) for one in first] == [(one.plan, one.fold, one.answers) for one in second]
    setting = next(event.setting for event in events if event.setting is not None)
    assert len(first) == 2 * len(setting.plans)
    for plan in setting.plans:
        judged = [index for one in first if one.plan == plan for index in one.places]
        assert sorted(judged) == list(range(len(setting.labels))), "each picture judges once"
    assert len(setting.labels) - setting.others == 36
    assert len(setting.labels) == 60
    assert [event.step for event in events] == sorted(event.step for event in events)
    assert events[-1].fraction is not None
    assert events[-1].fraction > 0.9


def test_curves_learn_from_fewer_pictures_and_are_judged_by_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.transfer.comparison.cross_validation.JUDGES", 60)
    _events, judged = results(comparison(strategies=("probe",), curves=True))
    sizes = {one.per_class for one in judged}
    assert sizes == {None, 2}
    one = next(one for one in judged if one.per_class == 2)
    whole = next(other for other in judged if other.per_class is None and other.plan == one.plan)
    assert one.places == whole.places
    labels = np.repeat(np.arange(3), 10)
    assert np.bincount(labels[fewer(labels, 4, 0)]).tolist() == [4, 4, 4]


def judged(plan: Plan, answers: list[int], fold: int = 0, **other: object) -> FoldResult:
    places = tuple(range(fold * len(answers), (fold + 1) * len(answers)))
    values = {"accuracy": 0.0, "seconds": 1.0, "trained": 5, **other}
    return FoldResult(plan=plan, fold=fold, places=places, answers=tuple(answers), **values)  # type: ignore[arg-type]


A, B = Plan(strategy="probe", stage="end"), Plan(strategy="all")
LABELS = [0, 1] * 50


def with_wrong(count: int) -> list[int]:
    return [1 - label for label in LABELS[:count]] + LABELS[count:]


@pytest.mark.parametrize(
    ("mine", "other", "kind"),
    [(5, 10, "best"), (10, 10, "best"), (11, 10, "close"), (14, 10, "undecided"), (40, 10, "beaten")],
)
def test_the_verdict_says_whether_the_rule_held(mine: int, other: int, kind: str) -> None:
    found = verdict([judged(A, with_wrong(mine)), judged(B, with_wrong(other))], LABELS, A)
    assert found is not None
    assert found.kind == kind
    assert found.advised.accuracy == 1 - mine / 100


def test_chance_is_that_of_the_exact_mcnemar_test() -> None:
    """14 wrong against 10, of which 10 are the same: 4 to 0, so 2 · (1/2)⁴."""
    found = verdict([judged(A, with_wrong(14)), judged(B, with_wrong(10))], LABELS, A)
    assert found is not None
    assert found.probability == pytest.approx(2 * 0.5**4)


def test_there_is_no_verdict_before_the_advised_one_was_judged() -> None:
    assert verdict([judged(B, with_wrong(10))], LABELS, A) is None
    assert verdict([], LABELS, A) is None


def test_standings_pool_the_folds_and_leave_the_curves_out() -> None:
    labels = LABELS * 2
    found = standings(
        [judged(A, with_wrong(10)), judged(A, with_wrong(20), fold=1), judged(A, with_wrong(90), per_class=2)], labels
    )
    assert [(one.right, one.judged, one.folds) for one in found] == [(170, 200, 2)]
    assert found[0].low < 0.85 < found[0].high
    everything = [judged(A, with_wrong(10)), judged(A, with_wrong(90), per_class=2)]
    assert curve(everything, LABELS, A, 30) == [(2, 0.1), (30, 0.9)]
    cells = confusion(everything, LABELS, A, 2)
    assert [[len(places) for places in row] for row in cells] == [[45, 5], [5, 45]]
    assert cells[0][1] == [0, 2, 4, 6, 8]


def test_a_frozen_network_stays_frozen_in_training_mode() -> None:
    network: TransferNetwork = with_new_head(load("tiny_vgg"), 2)
    stages = tuple(network.modules_by_stage)
    network.freeze(stages[:2])
    network.train()
    assert not any(module.training for stage in stages[:2] for module in network.modules_of(stage))
    assert all(module.training for module in network.modules_of(stages[2]))
