"""Labelled training images: the folders of Everyday-69 and their split."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.architectures.loading import TINY_PREPROCESSING
from core.architectures.zoo.class_names import class_names, everyday_synsets
from core.errors import UserError
from core.i18n import N_
from core.images.formats import PictureError
from core.images.picture import decode
from core.images.preprocessing import Fit, fit_to_input

CLASSES = "everyday69"
HELD_OUT_SHARE = 0.1
CHUNK = 128  # files that are handed to a reading process at a time

Bytes = NDArray[np.uint8]
"""Pictures as the networks receive them, before normalisation, of the shape (pictures, 64, 64, 3)."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures with their classes: `images` (n, 64, 64, 3), `labels` (n,) as positions in the class list, file `names`.

    `refused` says in English of each file that could not be read why.
    """

    images: Bytes
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    refused: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def select(self, chosen: NDArray[np.bool_]) -> Labelled:
        """Return the pictures for which `chosen` (n,) is true."""
        names = tuple(np.array(self.names, dtype=object)[chosen])
        return Labelled(self.images[chosen], self.labels[chosen], names)


def read_folder(folder: Path, fit: Fit = "crop") -> Labelled:
    """Return all pictures of a folder that holds one folder a class, in the order of class folders and file names.

    A folder is named by a class or by a WordNet id of the class list, and may keep its pictures in a folder `images`,
    so that the public archive tiny-imagenet-200 can be read as it is. Folders of no class are left out.
    Raises `UserError` where there is no picture of any class.
    """
    files = list(_files(folder))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        read = list(pool.map(partial(_read, fit=fit), (path for path, _ in files), chunksize=CHUNK))
    found = [
        (path, label, image) for (path, label), image in zip(files, read, strict=True) if not isinstance(image, str)
    ]
    if not found:
        raise UserError(
            N_("There are no pictures of the {count} classes in “{folder}”."),
            N_("Name a folder that holds a folder for each class, such as “dog” or “n02085620”, with pictures in it."),
            count=len(class_names(CLASSES)),
            folder=str(folder),
        )
    paths, labels, images = zip(*found, strict=True)
    refused = tuple(reason for reason in read if isinstance(reason, str))
    return Labelled(np.stack(images), np.array(labels), tuple(path.name for path in paths), refused)


def is_held_out(name: str) -> bool:
    """Return whether the file of that name is in the tenth that is never trained on: its SHA-256 decides, nothing else.

    A file of one name is on the same side of the split in every copy of the pictures.
    """
    return share_of(name) < HELD_OUT_SHARE


def share_of(name: str) -> float:
    """Return the place in [0, 1) to which the SHA-256 of a file's name sends it."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


def split(pictures: Labelled) -> tuple[Labelled, Labelled]:
    """Return the pictures to train on and those held out."""
    held_out = np.array([is_held_out(name) for name in pictures.names])
    return pictures.select(~held_out), pictures.select(held_out)


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    labels = _labels()
    for place in _class_folders(folder):
        label = labels.get(place.name.lower().replace("_", " "))
        if label is None:
            continue
        pictures = place / "images" if (place / "images").is_dir() else place
        paths = (path for path in sorted(pictures.iterdir()) if path.is_file() and not path.name.startswith("."))
        yield from zip(paths, repeat(label))


def _class_folders(folder: Path) -> list[Path]:
    """Return what may be folders of classes; those of the public archive lie in `train`, which is a class as well."""
    inner = folder / "train"
    root = inner if any((inner / synset).is_dir() for synset in chain(*everyday_synsets().values())) else folder
    return sorted(place for place in root.iterdir() if place.is_dir()) if root.is_dir() else []


def _labels() -> dict[str, int]:
    synsets = {synset: label for label, ids in enumerate(everyday_synsets().values()) for synset in ids}
    return synsets | {name: label for label, name in enumerate(class_names(CLASSES))}


def _read(path: Path, fit: Fit) -> Bytes | str:
    """Return the picture as a tiny network receives it, or in words why there is none."""
    try:
        return np.asarray(fit_to_input(decode(path.read_bytes(), path.name), TINY_PREPROCESSING, fit).image)
    except (PictureError, OSError) as problem:
        return str(problem)
