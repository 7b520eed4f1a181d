"""Public data sets as examples for the races: Fashion-MNIST and CIFAR-10."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.datasets.public import (
    CIFAR10,
    CIFAR_HELD_OUT,
    CIFAR_LEARNED,
    FASHION,
    cifar_records,
    missing,
    unzipped,
)

if TYPE_CHECKING:
    from core.optimization.network_race.datasets import Examples

__all__ = ["CIFAR10", "FASHION", "cifar10", "fashion", "missing"]

LEARNED, HELD_OUT = 10_000, 2_000  # examples used; a race sees fewer than the sets hold
IMAGE_HEADER, LABEL_HEADER = 16, 8  # bytes of an IDX file before the data


def fashion() -> Examples:
    """Return 10,000 pictures to learn from and 2,000 held out, (n, 1, 28, 28), scaled to 0..1.

    Raises `NotDownloadedError` where a file has not been fetched.
    """
    images, labels, held_out_images, held_out_labels = (unzipped(file) for file in FASHION)

    def pictures(data: np.ndarray, count: int) -> np.ndarray:
        return data[IMAGE_HEADER:].reshape(-1, 1, 28, 28)[:count]

    return _examples(
        pictures(images, LEARNED),
        labels[LABEL_HEADER:][:LEARNED],
        pictures(held_out_images, HELD_OUT),
        held_out_labels[LABEL_HEADER:][:HELD_OUT],
    )


def cifar10() -> Examples:
    """Return 10,000 photographs to learn from and 2,000 held out, (n, 3, 32, 32), scaled to 0..1.

    Raises `NotDownloadedError` where the file has not been fetched.
    """
    learned, held_out = cifar_records(CIFAR10[0], CIFAR_LEARNED, CIFAR_HELD_OUT)
    images, labels = learned[:LEARNED, 1:], learned[:LEARNED, 0]
    return _examples(
        images.reshape(-1, 3, 32, 32),
        labels,
        held_out[:HELD_OUT, 1:].reshape(-1, 3, 32, 32),
        held_out[:HELD_OUT, 0],
    )


def _examples(images: np.ndarray, labels: np.ndarray, held_out: np.ndarray, held_out_labels: np.ndarray) -> Examples:
    import torch

    from core.optimization.network_race.datasets import Examples

    images, held_out = (array.astype(np.float32) / 255 for array in (images, held_out))
    labels, held_out_labels = (array.astype(np.int64) for array in (labels, held_out_labels))
    return Examples(*map(torch.from_numpy, (images, labels, held_out, held_out_labels)))
