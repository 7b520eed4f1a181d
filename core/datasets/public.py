"""Public data sets, fetched once and checked: which files they consist of, and the numbers in them."""

from __future__ import annotations

import gzip
import tarfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.downloads.errors import NotDownloadedError
from core.downloads.remote_file import RemoteFile
from core.downloads.store import cached
from core.i18n import N_

FASHION_REVISION = "b2617bb6d3ffa2e429640350f613e3291e10b141"
FASHION_SOURCE = f"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/{FASHION_REVISION}/data/fashion"
CIFAR_RECORD = 1 + 3 * 32 * 32  # bytes: a label, then a picture by planes
CIFAR_LEARNED, CIFAR_HELD_OUT = "cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/test_batch.bin"
CIFAR_HELD_OUT_COUNT = 10_000
CIFAR_CLASSES = (
    N_("airplane"),
    N_("automobile"),
    N_("bird"),
    N_("cat"),
    N_("deer"),
    N_("dog"),
    N_("frog"),
    N_("horse"),
    N_("ship"),
    N_("truck"),
)

Bytes = NDArray[np.uint8]


def _fashion_file(name: str, sha256: str, size: int) -> RemoteFile:
    file_name = f"fashion-mnist-{name}-ubyte.gz"
    return RemoteFile(url=f"{FASHION_SOURCE}/{name}-ubyte.gz", file_name=file_name, sha256=sha256, size=size)


FASHION = (
    _fashion_file("train-images-idx3", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
    _fashion_file("train-labels-idx1", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    _fashion_file("t10k-images-idx3", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
    _fashion_file("t10k-labels-idx1", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
)
"""Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747), MIT licence."""
CIFAR10 = (
    RemoteFile(
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        file_name="cifar-10-binary.tar.gz",
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        size=170_052_171,
    ),
)
"""CIFAR-10 (Krizhevsky 2009), in the form that needs no pickle."""


def missing(files: tuple[RemoteFile, ...]) -> RemoteFile | None:
    """Return the first of the files that is not on this computer, None when all are."""
    return next((file for file in files if cached(file) is None), None)


def unzipped(file: RemoteFile) -> Bytes:
    """Return the bytes that a fetched gzip file holds, uint8 (n,). Raises `NotDownloadedError` where it is not here."""
    with gzip.open(_path(file)) as source:
        return np.frombuffer(source.read(), dtype=np.uint8)


def cifar_records(file: RemoteFile, *names: str) -> tuple[Bytes, ...]:
    """Return the records of parts of CIFAR-10, each uint8 (n, 3073): a label, then the planes of a picture.

    Raises `NotDownloadedError` where the file is not on this computer.
    """
    with tarfile.open(_path(file)) as archive:
        return tuple(_records(archive, name) for name in names)


def _records(archive: tarfile.TarFile, name: str) -> Bytes:
    source: Any = archive.extractfile(name)
    if source is None:
        raise ValueError(f"{name} is no file in the archive")
    return np.frombuffer(source.read(), dtype=np.uint8).reshape(-1, CIFAR_RECORD)


def _path(file: RemoteFile) -> str:
    path = cached(file)
    if path is None:
        raise not_fetched(file.file_name)
    return str(path)


def not_fetched(name: str) -> NotDownloadedError:
    """Return the problem to raise where something has to be fetched first."""
    return NotDownloadedError(
        N_("{name} is not on this computer yet."),
        N_("Connect to the internet and fetch it, or choose something else; all else works offline."),
        name=name,
    )
