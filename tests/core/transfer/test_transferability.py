"""LogME and LEEP against their authors' formulas, the jackknife against what is known, similarity against hooks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import nn

from core import torchvision_compat
from core.architectures.features import concatenate, extract_features, normalised, stage_ends
from core.architectures.loading import load
from core.transfer.data.catalogue import DATASETS
from core.transfer.data.labelled_images import Prepared, prepare_pictures
from core.transfer.diagnosis.domain_distance import by_stage, entropies, inputs_of, normalisations
from core.transfer.diagnosis.transferability import leep, logme, nearest, with_error

torchvision_compat.declare()
from torchvision.models.feature_extraction import create_feature_extractor  # noqa: E402

RANDOM = np.random.default_rng(0)
LABELS = np.arange(60) % 3
FEATURES = RANDOM.normal(size=(60, 8)) + 1.5 * np.eye(3, 8)[LABELS]
LOGITS = 2 * RANDOM.normal(size=(60, 5)) + 3 * np.eye(3, 5)[LABELS]


def authors_logme(f: np.ndarray, y: np.ndarray) -> float:
    """Return LogME as `LogME.py` of its authors computes it (the ICML version)."""
    fh = f
    f = f.transpose()
    d, n = f.shape
    v, s, vh = np.linalg.svd(f @ fh, full_matrices=True)
    evidences = []
    for i in range(int(y.max() + 1)):
        y_ = (y == i).astype(np.float64)
        epsilon, alpha, beta = 1e-5, 1.0, 1.0
        lam = alpha / beta
        tmp = vh @ (f @ np.ascontiguousarray(y_))
        for _ in range(11):
            gamma = (s / (s + lam)).sum()
            m = v @ (tmp * beta / (alpha + beta * s))
            alpha_de = (m * m).sum()
            alpha = gamma / (alpha_de + epsilon)
            beta_de = ((y_ - fh @ m) ** 2).sum()
            beta = (n - gamma) / (beta_de + epsilon)
            new_lam = alpha / beta
            if np.abs(new_lam - lam) / lam < 0.01:
                break
            lam = new_lam
        evidence = (
            d / 2.0 * np.log(alpha)
            + n / 2.0 * np.log(beta)
            - 0.5 * np.sum(np.log(alpha + beta * s))
            - beta / 2.0 * (beta_de + epsilon)
            - alpha / 2.0 * (alpha_de + epsilon)
            - n / 2.0 * np.log(2 * np.pi)
        )
        evidences.append(evidence / n)
    return float(np.mean(evidences))


@pytest.mark.parametrize("width", [3, 8])
def test_logme_is_its_authors(width: int) -> None:
    assert logme(FEATURES[:, :width], LABELS) == pytest.approx(authors_logme(FEATURES[:, :width], LABELS), abs=1e-3)


@pytest.mark.parametrize("shape", [(60, 8), (20, 30)])
def test_logme_is_the_largest_log_evidence(shape: tuple[int, int]) -> None:
    """The evidence of y = Xw + noise, w ~ N(0, 1/α), noise ~ N(0, 1/β) is that of y ~ N(0, I/β + XXᵀ/α)."""
    x = np.random.default_rng(1).normal(size=shape)
    labels = np.arange(shape[0]) % 2
    x[:, 0] += labels

    def negative(logs: np.ndarray, y: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        covariance = np.eye(len(y)) / beta + x @ x.T / alpha
        _sign, logdet = np.linalg.slogdet(covariance)
        return float(0.5 * (logdet + y @ np.linalg.solve(covariance, y) + len(y) * np.log(2 * np.pi)))

    best = [minimize(negative, np.zeros(2), ((labels == one).astype(float),), "Nelder-Mead").fun for one in (0, 1)]
    assert logme(x, labels) == pytest.approx(-np.mean(best) / shape[0], abs=2e-3)


def test_leep_is_its_authors_formula() -> None:
    answers = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    count = len(LABELS)
    joint = np.array([[sum(answers[y == LABELS, z]) / count for z in range(5)] for y in range(3)])
    conditional = joint / joint.sum(0)
    expected = np.mean([np.log(sum(conditional[LABELS[i], z] * answers[i, z] for z in range(5))) for i in range(count)])
    assert leep(LOGITS, LABELS) == pytest.approx(expected)
    assert leep(LOGITS, LABELS) < 0
    assert leep(50 * np.eye(3)[LABELS], LABELS) == pytest.approx(0, abs=1e-9)


def test_scores_do_not_depend_on_the_names_of_labels() -> None:
    assert logme(FEATURES, 10 * LABELS + 7) == pytest.approx(logme(FEATURES, LABELS))
    assert leep(LOGITS, 10 * LABELS + 7) == pytest.approx(leep(LOGITS, LABELS))


def test_the_nearest_neighbour_is_of_another_group() -> None:
    features = np.array([[0.0], [0.1], [5.0], [5.1], [0.2], [5.2]])
    labels = np.array([0, 0, 1, 1, 1, 0])
    alone = nearest(features, labels, np.arange(6))
    assert alone.tolist() == [True, True, True, True, False, False]
    grouped = nearest(features, labels, np.array([0, 0, 1, 1, 2, 3]))
    assert grouped.tolist() == [False, False, False, False, False, False]


def test_the_jackknife_knows_the_error_of_a_mean() -> None:
    values = np.random.default_rng(2).normal(size=1000)
    found = with_error(lambda chosen: float(values[chosen].mean()), 1000)
    assert found.value == values.mean()
    assert found.error == pytest.approx(values.std() / np.sqrt(1000), rel=0.6)


@pytest.fixture(scope="module")
def few() -> dict[str, Prepared]:
    backbone = load("tiny_resnet", "embedded")
    found = {}
    for name in ("photographs", "tissue", "digits"):
        labelled = DATASETS[name].load
        assert labelled is not None
        found[name] = prepare_pictures(labelled(), backbone.preprocessing, 8)
    return found


def test_different_pictures_are_farther_than_similar_ones(few: dict[str, Prepared]) -> None:
    backbone = load("tiny_resnet", "embedded")
    stages = normalisations(backbone)
    distance = {
        name: np.mean(list(by_stage(inputs_of(backbone, one.images), stages).values())) for name, one in few.items()
    }
    assert distance["photographs"] < 0.45
    assert min(distance["tissue"], distance["digits"]) > 0.55


def test_the_distance_is_none_from_the_statistics_that_are_stored(few: dict[str, Prepared]) -> None:
    backbone = load("tiny_vgg", "embedded")
    images = few["photographs"].images
    statistics = [module for module in backbone.model.modules() if isinstance(module, nn.BatchNorm2d)]
    before = [(module.running_mean.clone(), module.running_var.clone()) for module in statistics]
    assert min(by_stage(inputs_of(backbone, images), normalisations(backbone)).values()) > 0.1
    for module, (mean, variance) in zip(statistics, before, strict=True):
        assert torch.equal(module.running_mean, mean)
        assert torch.equal(module.running_var, variance)
    for module in statistics:
        module.momentum = None
        module.reset_running_stats()
    backbone.model.train()
    for _pass in range(len(statistics)):  # each layer sees what the ones before it have learned
        for module in statistics:
            module.reset_running_stats()
        with torch.no_grad():
            backbone.model(normalised(images, backbone.preprocessing))
    found = by_stage(inputs_of(backbone, images), normalisations(backbone))
    assert max(found.values()) < 0.02


def test_the_entropy_is_a_share_of_that_of_a_guess() -> None:
    assert entropies(np.zeros((1, 7), np.float32))[0] == pytest.approx(1)
    assert entropies(np.array([[100, 0, 0]], np.float32))[0] == pytest.approx(0, abs=1e-9)
    probabilities = np.array([0.5, 0.3, 0.2])
    expected = -(probabilities * np.log(probabilities)).sum() / np.log(3)
    assert entropies(np.log(probabilities)[None].astype(np.float32))[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["tiny_resnet", "tiny_squeezenet", "resnet18"])
def test_features_are_the_means_of_what_the_last_layer_of_each_stage_puts_out(name: str) -> None:
    backbone = load(name)
    images = np.random.default_rng(3).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    found = concatenate(list(extract_features(backbone, images)))
    ends = stage_ends(backbone)
    axes = {layer.name: layer.channel_axis for layer in backbone.graph.layers}
    extractor = create_feature_extractor(backbone.model, {layer: stage for stage, layer in ends.items()})
    with torch.inference_mode():
        outputs = extractor(normalised(images, backbone.preprocessing))
    for stage, layer in ends.items():
        expected = outputs[stage].movedim(axes[layer], 1).flatten(2).mean(2).numpy()
        np.testing.assert_allclose(found.stages[stage], expected, rtol=1e-3, atol=1e-4)
