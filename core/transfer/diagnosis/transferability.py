"""Transferability scores (such as LogME) of features, without training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.transfer.data.labelled_images import Labels

Doubles = NDArray[np.float64]
ROUNDS = 100  # of the fixed point; it settles within ten
SETTLED = 1e-6
TINY = 1e-12
PARTS = 10  # that are left out in turn


@dataclass(frozen=True)
class Measured:
    """A score with its standard error."""

    value: float
    error: float


def logme(features: NDArray[np.floating], labels: Labels) -> float:
    """Return LogME: the log evidence, per picture, of a Bayesian linear model from features (n, d) to each class.

    The mean over the classes, one against the rest (You et al. 2021, arXiv:2102.11005). Larger is better; only
    differences count, and only between features of the same pictures.
    """
    x = np.asarray(features, dtype=np.float64)
    left, values, _right = np.linalg.svd(x, full_matrices=False)
    squares = values**2
    targets = [(labels == label).astype(np.float64) for label in np.unique(labels)]
    return float(np.mean([_evidence(left.T @ y, squares, float(y @ y), x.shape) for y in targets]))


def _evidence(projected: Doubles, squares: Doubles, norm: float, shape: tuple[int, ...]) -> float:
    """Return the largest log evidence of one target, per picture; `projected` is it in the space of the features."""
    count, width = shape
    outside = max(0.0, norm - float(projected @ projected))  # what no weights can explain
    alpha = beta = 1.0
    for _round in range(ROUNDS):
        shrunk = beta * squares / (alpha + beta * squares)
        gamma = float(shrunk.sum())
        weights = float((shrunk**2 * projected**2 / np.maximum(squares, TINY)).sum())
        residual = outside + float(((1 - shrunk) ** 2 * projected**2).sum())
        old = alpha / beta
        alpha, beta = gamma / (weights + TINY), (count - gamma) / (residual + TINY)
        if abs(alpha / beta - old) <= SETTLED * old:
            break
    shrunk = beta * squares / (alpha + beta * squares)
    weights = float((shrunk**2 * projected**2 / np.maximum(squares, TINY)).sum())
    residual = outside + float(((1 - shrunk) ** 2 * projected**2).sum())
    zeros = max(0, width - len(squares))
    determinant = float(np.log(alpha + beta * squares).sum()) + zeros * np.log(alpha)
    evidence = width * np.log(alpha) + count * np.log(beta) - determinant - beta * residual - alpha * weights
    return float(evidence - count * np.log(2 * np.pi)) / (2 * count)


def leep(logits: NDArray[np.floating], labels: Labels) -> float:
    """Return LEEP: the mean log likelihood of the labels, read from the answers (n, source classes) of a network.

    Each source class votes for the labels that it was seen with (Nguyen et al. 2020, arXiv:2002.12462). At most 0.
    """
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = shifted - shifted.max(1, keepdims=True)
    answers = np.exp(shifted)
    answers /= answers.sum(1, keepdims=True)
    classes, target = np.unique(labels, return_inverse=True)
    joint = np.zeros((len(classes), answers.shape[1]))
    np.add.at(joint, target, answers / len(labels))
    conditional = joint / np.maximum(joint.sum(0, keepdims=True), TINY)
    likelihood = (conditional[target] * answers).sum(1)
    return float(np.log(np.maximum(likelihood, TINY)).mean())


def nearest(features: NDArray[np.floating], labels: Labels, groups: Labels) -> NDArray[np.bool_]:
    """Return for each picture (n,) whether its nearest neighbour of another group has the same label.

    Features are standardised, and distances Euclidean.
    """
    x = np.asarray(features, dtype=np.float64)
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-8)
    squares = (x**2).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * x @ x.T
    distances[groups[:, None] == groups[None, :]] = np.inf
    return np.asarray(labels[distances.argmin(1)] == labels)


def with_error(score: Callable[[NDArray[np.intp]], float], count: int, seed: int = 0) -> Measured:
    """Return a score of all pictures with its standard error, by the jackknife: a tenth is left out in turn.

    `score` is given the places of pictures (Quenouille 1956; Tukey 1958).
    """
    everything = np.arange(count)
    whole = score(everything)
    parts = np.array_split(np.random.default_rng(seed).permutation(count), min(PARTS, count))
    values = np.array([score(np.setdiff1d(everything, part)) for part in parts])
    spread = ((values - values.mean()) ** 2).sum() * (len(parts) - 1) / len(parts)
    return Measured(whole, float(np.sqrt(spread)))
