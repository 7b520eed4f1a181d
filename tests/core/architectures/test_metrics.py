"""What a network is said to be worth, against scikit-learn and naive counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss, roc_auc_score, top_k_accuracy_score

from core.architectures.training.metrics import (
    calibration_error,
    evaluate,
    fit_temperature,
    separation,
    share_unsure,
    top_k_accuracy,
)

COUNT, CLASSES = 3000, 7
NAMES = tuple("abcdefg")


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is exactly how often each class is right, and labels drawn so."""
    random = np.random.default_rng(1)
    logits = random.normal(scale=2.0, size=(COUNT, CLASSES)).astype(np.float32)
    chances = softmax(logits.astype(np.float64), axis=1)
    labels = np.array([random.choice(CLASSES, p=chance) for chance in chances])
    return logits, labels


def test_accuracies_are_scikit_learns(answers: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = answers
    found = evaluate(logits, labels, NAMES)
    for value, k in ((found.top1, 1), (found.top5, 5)):
        assert value == pytest.approx(top_k_accuracy_score(labels, logits, k=k, labels=range(CLASSES)))
    for label, name in enumerate(NAMES):
        own = labels == label
        assert found.per_class[name] == pytest.approx((logits[own].argmax(axis=1) == label).mean())
    assert found.pictures == COUNT


def test_mistakes_are_counted_by_true_class() -> None:
    logits = np.eye(3, dtype=np.float32)[[0, 1, 1, 1, 2]]
    labels = np.array([0, 0, 0, 1, 2])
    found = evaluate(logits, labels, ("cat", "dog", "bus"))
    assert found.mistakes == (("cat", "dog", pytest.approx(2 / 3)),)
    assert found.per_class == {"cat": pytest.approx(1 / 3), "dog": 1.0, "bus": 1.0}


def test_calibration_error_is_the_naive_one(answers: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = answers
    chances = softmax(logits.astype(np.float64) * 1.7, axis=1)
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = [i for i in range(COUNT) if low <= sure[i] < low + 1 / 15 or (low > 0.93 and sure[i] == 1)]
        if inside:
            expected += len(inside) / COUNT * abs(np.mean(right[inside]) - np.mean(sure[inside]))
    assert calibration_error(chances, labels) == pytest.approx(expected, abs=1e-9)


def test_the_temperature_undoes_what_made_answers_too_sure(answers: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = answers
    for factor in (0.4, 1.0, 3.0):
        temperature = fit_temperature(logits * np.float32(factor), labels)
        assert temperature == pytest.approx(factor, rel=0.1)
        losses = [
            log_loss(labels, softmax(logits.astype(np.float64) * factor / each, axis=1))
            for each in (temperature, temperature * 1.1, temperature / 1.1)
        ]
        assert losses[0] == min(losses)
    calm = softmax(logits.astype(np.float64), axis=1)
    shrill = softmax(logits.astype(np.float64) * 3, axis=1)
    assert calibration_error(calm, labels) < 0.03 < 0.1 < calibration_error(shrill, labels)


def test_separation_is_the_area_under_the_roc_curve() -> None:
    random = np.random.default_rng(2)
    known, outliers = (random.normal(scale=scale, size=(400, 9)).astype(np.float32) for scale in (3.0, 1.0))
    sure = np.concatenate([softmax(each, axis=1).max(axis=1) for each in (known, outliers)])
    expected = roc_auc_score([True] * 400 + [False] * 400, sure)
    assert separation(known, outliers) == pytest.approx(expected)
    assert separation(known, known) == pytest.approx(0.5)
    assert share_unsure(outliers, 0.5) == pytest.approx((sure[400:] < 0.5).mean())


def test_no_pictures_are_worth_nothing() -> None:
    assert np.isnan(top_k_accuracy(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)))
