"""Insertion and deletion are what they are said to be, and so are the other ways to compare maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.architectures.loading import Backbone
from core.visualization.attribution.base import AttributionRequest
from core.visualization.attribution.baselines import blurred
from core.visualization.attribution.insertion_deletion import (
    area,
    chance,
    enlarge_map,
    insertion_deletion,
    ranks,
    score_map,
)
from core.visualization.attribution.sanity_check import rank_correlation
from tests.core.conftest import MakeBackbone
from tests.core.pathological import batch


@pytest.fixture(scope="module")
def backbone(make_backbone: MakeBackbone) -> Backbone:
    return make_backbone("tiny_vgg")


@pytest.fixture
def asked(backbone: Backbone) -> AttributionRequest:
    return AttributionRequest(backbone=backbone, batch=batch(64).numpy(), targets=(3,), layer="stage4.conv3.relu")


def smooth(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((8, 8), np.float32)


def test_the_curves_are_those_of_one_picture_after_another(asked: AttributionRequest) -> None:
    evidence, steps = smooth(), 5
    found = score_map(asked, evidence, 3, steps)
    enlarged = F.interpolate(torch.from_numpy(evidence)[None, None], (64, 64), mode="bilinear")[0, 0]
    order = sorted(range(64 * 64), key=lambda index: -float(enlarged.flatten()[index]))
    pixels = asked.pixels
    for curve, picture, other in (
        (found.insertion, blurred(pixels), pixels),
        (found.deletion, pixels.clone(), torch.zeros_like(pixels)),
    ):
        assert len(curve) == steps + 1
        for index in range(steps + 1):
            for pixel in order[: round(64 * 64 * index / steps)]:
                picture[0, :, pixel // 64, pixel % 64] = other[0, :, pixel // 64, pixel % 64]
            with torch.no_grad():
                expected = float(asked.backbone.model(picture).softmax(1)[0, 3])
            assert curve[index] == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_both_begin_and_end_where_they_must(asked: AttributionRequest) -> None:
    first, second = score_map(asked, smooth(1), 3, 4), score_map(asked, smooth(2), 3, 4)
    assert first.insertion[-1] == pytest.approx(first.deletion[0], rel=1e-4)
    for one, two in ((first.insertion, second.insertion), (first.deletion, second.deletion)):
        np.testing.assert_allclose(one[[0, -1]], two[[0, -1]], rtol=1e-4)
    assert first.shares.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_steps_count_up_to_the_total_and_curves_grow(asked: AttributionRequest) -> None:
    events = list(insertion_deletion(asked, smooth(), 3, 30))
    assert events[-1].fraction == 1
    assert [len(event.insertion) + len(event.deletion) for event in events] == [event.step for event in events]
    assert len(events) > 2


def test_a_map_of_what_matters_beats_its_opposite() -> None:
    """For a network of which the answer is known: the class is the brightness of one corner."""

    class Corner(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 1)

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            inside = pixels[:, :, :16, :16].mean((1, 2, 3))
            return torch.cat([inside[:, None] * 8, pixels[:, 0, 0, :1] * torch.zeros(68)], 1)

    from core.architectures.zoo.backbones import BACKBONES
    from core.architectures.zoo.class_names import class_names
    from core.images.preprocessing import Preprocessing

    backbone = Backbone(
        BACKBONES["tiny_vgg"],
        "untrained",
        0,
        Corner().eval(),
        Preprocessing(resize=64, crop=64),
        class_names("everyday69"),
    )
    pixels = np.abs(batch(64).numpy()) + 0.5
    asked = AttributionRequest(backbone=backbone, batch=pixels, targets=(0,), layer=backbone.graph.layers[0].name)
    good = np.zeros((64, 64), np.float32)
    good[:16, :16] = 1
    best, worst = score_map(asked, good, 0), score_map(asked, -good, 0)
    assert best.deletion_score < worst.deletion_score - 0.1
    assert best.insertion_score >= worst.insertion_score


def test_a_flat_map_has_no_order(asked: AttributionRequest) -> None:
    with pytest.raises(ValueError, match="flat"):
        next(insertion_deletion(asked, np.zeros((4, 4), np.float32), 3))


def test_the_area_is_that_under_the_curve() -> None:
    from sklearn.metrics import auc

    curve = np.random.default_rng(0).random(17)
    assert area(curve) == pytest.approx(auc(np.linspace(0, 1, 17), curve))
    assert area(np.ones(5)) == 1


def test_ranks_count_from_the_most_and_from_the_top_left() -> None:
    assert ranks(np.array([[1, 5], [5, 0]], np.float32)).tolist() == [[2, 0], [1, 3]]


@pytest.mark.parametrize(
    ("shape", "side"), [((7, 7), (224, 224)), ((8, 5), (64, 33)), ((1, 3), (10, 10)), ((4, 4), (4, 4))]
)
def test_maps_are_enlarged_as_usual(shape: tuple[int, int], side: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = F.interpolate(torch.from_numpy(values)[None, None], side, mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(enlarge_map(values, side), expected, atol=2e-5)


def test_chance_depends_on_its_seed() -> None:
    assert np.array_equal(chance(3), chance(3))
    assert not np.array_equal(chance(3), chance(4))


def test_the_rank_correlation_is_that_of_the_ranks() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.random((9, 7), np.float32), generator.random((9, 7), np.float32) ** 3
    places = [np.argsort(np.argsort(one.ravel())) for one in (first, second)]
    assert rank_correlation(first, second) == pytest.approx(np.corrcoef(*places)[0, 1])
    assert rank_correlation(first, 5 * first**3) == pytest.approx(1)
    assert rank_correlation(first, -first) == pytest.approx(-1)
    assert rank_correlation(first, np.ones_like(first)) is None
