"""The top classes of a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """A class with its position among the outputs, its logit and its softmax probability in [0, 1]."""

    index: int
    label: str
    logit: float
    probability: float


def top_classes(logits: NDArray[np.float32], labels: Sequence[str], count: int = 5) -> tuple[Prediction, ...]:
    """Return the `count` most probable classes, the most probable first.

    `logits` has the shape (classes,); raises `ValueError` unless there is one label for each.
    """
    if logits.shape != (len(labels),):
        raise ValueError(f"{len(labels)} labels for logits of shape {logits.shape}")
    exponents = np.exp(logits.astype(np.float64) - logits.max())
    probabilities = exponents / exponents.sum()
    best = np.argsort(-logits, kind="stable")[:count]
    return tuple(Prediction(int(i), labels[i], float(logits[i]), float(probabilities[i])) for i in best)
