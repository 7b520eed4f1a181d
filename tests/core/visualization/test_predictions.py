"""The most probable classes are those of PyTorch's own softmax and topk."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from core.visualization.predictions import Prediction, top_classes


def labels(count: int) -> list[str]:
    return [f"class {number}" for number in range(count)]


def random_logits(count: int, scale: float = 3.0, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(count) * scale).astype(np.float32)


@pytest.mark.parametrize("scale", [1e-3, 1, 10, 1000])
@pytest.mark.parametrize("classes", [5, 69, 1000])
def test_they_are_those_of_softmax_and_topk(classes: int, scale: float) -> None:
    logits = random_logits(classes, scale)
    probabilities = torch.softmax(torch.from_numpy(logits).double(), 0)
    found = top_classes(logits, labels(classes))
    assert [prediction.index for prediction in found] == torch.from_numpy(logits).topk(5).indices.tolist()
    for prediction in found:
        assert prediction.probability == pytest.approx(float(probabilities[prediction.index]), rel=1e-9, abs=1e-300)
        assert prediction.logit == float(logits[prediction.index])
        assert prediction.label == f"class {prediction.index}"


def test_probabilities_of_all_classes_add_up_to_one() -> None:
    found = top_classes(random_logits(1000), labels(1000), count=1000)
    assert math.fsum(prediction.probability for prediction in found) == pytest.approx(1, abs=1e-12)
    assert sorted(prediction.index for prediction in found) == list(range(1000))
    assert all(a.probability >= b.probability for a, b in pairwise(found))


def test_where_probabilities_are_too_small_to_tell_apart_logits_decide() -> None:
    """An untrained network's logits can be thousands apart: all but the first class have a probability of 0."""
    logits = np.array([-5000, -9000, 0, -4000, -3000], np.float32)
    found = top_classes(logits, labels(5), count=4)
    assert [prediction.index for prediction in found] == [2, 4, 3, 0]
    assert [prediction.probability for prediction in found] == [1, 0, 0, 0]


def test_equals_come_in_the_order_of_the_classes() -> None:
    logits = np.array([0, 2, 1, 2, 2], np.float32)
    assert [prediction.index for prediction in top_classes(logits, labels(5))] == [1, 3, 4, 2, 0]


@pytest.mark.parametrize("shift", [-1e4, 0, 1e4])
def test_large_logits_do_not_overflow(shift: float) -> None:
    found = top_classes(np.array([1, 3, 2], np.float32) + np.float32(shift), labels(3))
    assert [prediction.index for prediction in found] == [1, 2, 0]
    assert found[0].probability == pytest.approx(math.exp(3) / (math.exp(1) + math.exp(2) + math.exp(3)), rel=1e-3)


def test_the_widest_span_of_float32_does_not_overflow() -> None:
    found = top_classes(np.array([-3e38, 3e38], np.float32), labels(2))
    assert [prediction.probability for prediction in found] == [1.0, 0.0]


def test_fewer_classes_than_asked_for_are_all_returned() -> None:
    assert len(top_classes(random_logits(3), labels(3), count=5)) == 3
    assert top_classes(random_logits(3), labels(3), count=0) == ()


@pytest.mark.parametrize("count", [0, 2, 4])
def test_labels_must_match(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} labels"):
        top_classes(random_logits(3), labels(count))


def test_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        top_classes(random_logits(3)[None], labels(3))


def test_predictions_are_plain_values() -> None:
    (first, *_rest) = top_classes(random_logits(3), labels(3))
    assert [type(value) for value in (first.index, first.label, first.logit, first.probability)] == [
        int,
        str,
        float,
        float,
    ]
    assert first == Prediction(first.index, first.label, first.logit, first.probability)


def test_its_argument_stays_as_it_is() -> None:
    logits = random_logits(5)
    before = logits.copy()
    logits.flags.writeable = False
    top_classes(logits, labels(5))
    assert np.array_equal(logits, before)
