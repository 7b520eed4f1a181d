"""Public data sets for the races, fetched once and checked: Fashion-MNIST and CIFAR-10."""

from __future__ import annotations

import gzip
import tarfile
from typing import TYPE_CHECKING

import numpy as np

from core.architectures.downloads import cached
from core.architectures.weights_files import WeightsFile
from core.architectures.weights_problems import MissingWeights
from core.words import N_

if TYPE_CHECKING:
    from core.optimization.examples import Examples

FASHION_REVISION = "b2617bb6d3ffa2e429640350f613e3291e10b141"
FASHION_SOURCE = f"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/{FASHION_REVISION}/data/fashion"
LEARNED, HELD_OUT = 10_000, 2_000  # examples used; a race sees fewer than the sets hold
IMAGE_HEADER, LABEL_HEADER = 16, 8  # bytes of an IDX file before the data
CIFAR_RECORD = 1 + 3 * 32 * 32  # bytes: a label, then a picture by planes
CIFAR_LEARNED, CIFAR_HELD_OUT = "cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/test_batch.bin"


def _fashion_file(name: str, sha256: str, size: int) -> WeightsFile:
    file_name = f"fashion-mnist-{name}-ubyte.gz"
    return WeightsFile(url=f"{FASHION_SOURCE}/{name}-ubyte.gz", file_name=file_name, sha256=sha256, size=size)


FASHION = (
    _fashion_file("train-images-idx3", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
    _fashion_file("train-labels-idx1", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    _fashion_file("t10k-images-idx3", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
    _fashion_file("t10k-labels-idx1", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
)
"""Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747), MIT licence."""
CIFAR10 = (
    WeightsFile(
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        file_name="cifar-10-binary.tar.gz",
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        size=170_052_171,
    ),
)
"""CIFAR-10 (Krizhevsky 2009), in the form that needs no pickle."""


def missing(files: tuple[WeightsFile, ...]) -> WeightsFile | None:
    """Return the first of the files that is not on this computer, None when all are."""
    return next((file for file in files if cached(file) is None), None)


def fashion() -> Examples:
    """Return 10,000 pictures to learn from and 2,000 held out, (n, 1, 28, 28), scaled to 0..1.

    Raises `MissingWeights` where a file has not been fetched.
    """
    images, labels, held_out_images, held_out_labels = (_unzipped(file) for file in FASHION)

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

    Raises `MissingWeights` where the file has not been fetched.
    """
    with tarfile.open(_path(CIFAR10[0])) as archive:
        learned, held_out = (_records(archive, name) for name in (CIFAR_LEARNED, CIFAR_HELD_OUT))
    images, labels = learned[:LEARNED, 1:], learned[:LEARNED, 0]
    return _examples(
        images.reshape(-1, 3, 32, 32),
        labels,
        held_out[:HELD_OUT, 1:].reshape(-1, 3, 32, 32),
        held_out[:HELD_OUT, 0],
    )


def _path(file: WeightsFile) -> str:
    path = cached(file)
    if path is None:
        raise MissingWeights(
            N_("{name} is not on this computer yet."),
            N_("Connect to the internet and fetch it, or choose another task; all others work offline."),
            name=file.file_name,
        )
    return str(path)


def _unzipped(file: WeightsFile) -> np.ndarray:
    with gzip.open(_path(file)) as source:
        return np.frombuffer(source.read(), dtype=np.uint8)


def _records(archive: tarfile.TarFile, name: str) -> np.ndarray:
    source = archive.extractfile(name)
    if source is None:
        raise ValueError(f"{name} is no file in the archive")
    return np.frombuffer(source.read(), dtype=np.uint8).reshape(-1, CIFAR_RECORD)


def _examples(images: np.ndarray, labels: np.ndarray, held_out: np.ndarray, held_out_labels: np.ndarray) -> Examples:
    import torch

    from core.optimization.examples import Examples

    images, held_out = (array.astype(np.float32) / 255 for array in (images, held_out))
    labels, held_out_labels = (array.astype(np.int64) for array in (labels, held_out_labels))
    return Examples(*map(torch.from_numpy, (images, labels, held_out, held_out_labels)))
