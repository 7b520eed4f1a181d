"""Evaluation metrics: top-k accuracy, calibration, confusion, and detection of unknown inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import roc_auc_score
from torch import nn

from core.architectures.training.augmentation import normalise
from core.architectures.training.dataset import Labelled

BATCH = 512
BINS = 15
MISTAKES = 8

Logits = NDArray[np.float32]
"""The outputs of a network for pictures, of the shape (pictures, classes)."""


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What a network is worth, in shares in [0, 1] of `pictures` labelled pictures.

    `calibration_error` is the expected calibration error. `mistakes` are the most frequent confusions: the true class,
    the one that was answered, and for which share of the true class's pictures.
    """

    pictures: int
    top1: float
    top5: float
    per_class: Mapping[str, float]
    calibration_error: float
    mistakes: tuple[tuple[str, str, float], ...]


def evaluate(logits: Logits, labels: NDArray[np.int64], names: Sequence[str]) -> Metrics:
    """Return what the answers are worth; `labels` (pictures,) are positions in `names`, the list of classes."""
    answers = logits.argmax(axis=1)
    per_class = {
        name: float(np.mean(answers[labels == label] == label)) for label, name in enumerate(names) if label in labels
    }
    return Metrics(
        pictures=len(labels),
        top1=top_k_accuracy(logits, labels),
        top5=top_k_accuracy(logits, labels, among=5),
        per_class=per_class,
        calibration_error=calibration_error(softmax(logits.astype(np.float64), axis=1), labels),
        mistakes=_mistakes(answers, labels, names),
    )


@torch.inference_mode()
def logits_of(model: nn.Module, pictures: Labelled, device: torch.device) -> Logits:
    """Return a network's logits for whole pictures, computed in float32; `model` is in eval mode on `device`."""
    batches = torch.split(torch.from_numpy(pictures.images), BATCH)
    logits = [model(normalise(batch.to(device)).contiguous()).float().cpu() for batch in batches]
    found: Logits = torch.cat(logits).numpy()
    return found


def top_k_accuracy(logits: Logits, labels: NDArray[np.int64], among: int = 1) -> float:
    """Return the share of pictures whose class is one of the `among` most probable; NaN where there are none."""
    if not len(labels):
        return float("nan")
    best = np.argsort(-logits, axis=1, kind="stable")[:, :among]
    return float((best == labels[:, None]).any(axis=1).mean())


def calibration_error(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS) -> float:
    """Return the expected calibration error (Guo et al. 2017, arXiv:1706.04599, equation 3) of the first answers.

    That is the mean distance between how probable an answer was said to be and how often such answers are right.
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    sums = np.bincount(places, weights=right - sure, minlength=bins)
    return float(np.abs(sums).sum() / len(labels))


def fit_temperature(logits: Logits, labels: NDArray[np.int64]) -> float:
    """Return the number by which logits are divided to make the labels most likely (ibid., section 4.2)."""

    def loss(log_temperature: float) -> float:
        chances = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(chances[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def separation(covered: Logits, uncovered: Logits) -> float:
    """Return how well the first probability tells pictures of known classes from others: area under the ROC curve.

    0.5 is chance, 1 means that each covered picture is answered more surely than each other one.
    """
    sure = np.concatenate([softmax(logits, axis=1).max(axis=1) for logits in (covered, uncovered)])
    return float(roc_auc_score(np.arange(len(sure)) < len(covered), sure))


def share_unsure(logits: Logits, limit: float) -> float:
    """Return the share of pictures whose most probable class is less probable than `limit`."""
    return float((softmax(logits, axis=1).max(axis=1) < limit).mean())


def _mistakes(
    answers: NDArray[np.int64], labels: NDArray[np.int64], names: Sequence[str]
) -> tuple[tuple[str, str, float], ...]:
    sizes = Counter(labels.tolist())
    wrong = Counter((int(label), int(answer)) for label, answer in zip(labels, answers, strict=True) if label != answer)
    shares = {pair: count / sizes[pair[0]] for pair, count in wrong.items()}
    most = sorted(shares, key=lambda pair: -shares[pair])[:MISTAKES]
    return tuple((names[label], names[answer], shares[label, answer]) for label, answer in most)
