"""Collections of images to search: an identity, a length, images one at a time."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.public import CIFAR10, CIFAR_CLASSES, CIFAR_HELD_OUT, cifar_records
from core.datasets.sample_images import SAMPLES, sample
from core.downloads.remote_file import RemoteFile
from core.encoding import png_bytes
from core.i18n import N_
from core.images.formats import PictureError
from core.images.picture import Picture
from core.registry import Registry

Region = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a picture, as fractions (0..1) of the whole."""
WHOLE: Region = (0.0, 0.0, 1.0, 1.0)
SCALES = (1, 2)
"""Squares are cut from a photograph whose side is its shorter side divided by each of these."""


@dataclass(frozen=True, eq=False)
class Item:
    """One picture of a collection: `picture` is what a network is given, the part `region` of the picture `whole`.

    `title` is marked for translation if `is_marked`, else it is a file's name; `number` tells equal titles apart.
    """

    picture: Picture
    whole: Picture
    region: Region
    title: str
    is_marked: bool = False
    number: int | None = None


class Collection(Protocol):
    """Pictures in a fixed order; pickles, so that a worker can search it."""

    @property
    def identity(self) -> str:
        """Return a text that differs wherever the pictures do, and that nobody guesses who does not have them."""

    def __len__(self) -> int:
        """Return how many pictures there are."""

    def item(self, index: int) -> Item:
        """Return one picture. Raises `UserError` where it cannot be read, `IndexError` where there is none."""

    def source(self, index: int) -> int:
        """Return a number that pictures have in common which were cut from one photograph."""


@dataclass(frozen=True)
class SampleTiles:
    """The sample photographs cut into overlapping squares of two sizes, so that twelve show hundreds of things."""

    @property
    def identity(self) -> str:
        """Return a text for this version of the samples and the way they are cut."""
        return content_digest("sample tiles", *(picture.digest for _, picture in _samples()), *map(str, SCALES))

    def __len__(self) -> int:
        return len(_tiles())

    def item(self, index: int) -> Item:
        """Return one square."""
        source, region = _tiles()[index]
        name, whole = _samples()[source]
        tile = _cut(whole, region)
        return Item(tile, whole, region, SAMPLES[name].title, is_marked=True)

    def sample_name(self, index: int) -> str:
        """Return the name of the sample that a square is cut from."""
        return _samples()[_tiles()[index][0]][0]

    def source(self, index: int) -> int:
        """Return the number of the photograph."""
        return _tiles()[index][0]


def squares(width: int, height: int, scale: int) -> list[tuple[int, int, int, int]]:
    """Return the boxes (left, top, right, bottom) of squares that cover a picture, the shorter side / `scale` wide.

    Neighbours overlap by half, or a little more so that the last one ends with the picture.
    """
    side = max(1, min(width, height) // scale)
    lefts, tops = (_starts(length, side) for length in (width, height))
    return [(left, top, left + side, top + side) for top in tops for left in lefts]


def _starts(length: int, side: int) -> list[int]:
    steps = -(-2 * (length - side) // side)
    return [round(i * (length - side) / max(1, steps)) for i in range(steps + 1)]


@functools.lru_cache(maxsize=1)
def _samples() -> tuple[tuple[str, Picture], ...]:
    """Return the sample pictures that are installed, with their names; 12 MB."""
    found = []
    for name in SAMPLES:
        try:
            found.append((name, sample(name)))
        except PictureError:  # its package is not installed
            continue
    return tuple(found)


@functools.lru_cache(maxsize=1)
def _tiles() -> tuple[tuple[int, Region], ...]:
    """Return the photograph and the region of each square; in turns, so that a search soon shows something of each."""
    turns = [
        (turn, source, _fractions(box, picture.image.size))
        for source, (_name, picture) in enumerate(_samples())
        for turn, box in enumerate(box for scale in SCALES for box in squares(*picture.image.size, scale))
    ]
    return tuple((source, region) for _, source, region in sorted(turns))


def _fractions(box: tuple[int, int, int, int], size: tuple[int, int]) -> Region:
    width, height = size
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def _cut(whole: Picture, region: Region) -> Picture:
    image = whole.image.crop(pixels(region, whole.image.size))
    return Picture(whole.digest, whole.name, *image.size, whole.format, image)


def pixels(region: Region, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a region in whole pixels of a picture of `size` (width, height), at least one pixel wide and high."""
    width, height = size
    left, top = min(width - 1, round(region[0] * width)), min(height - 1, round(region[1] * height))
    return left, top, max(left + 1, round(region[2] * width)), max(top + 1, round(region[3] * height))


@dataclass(frozen=True)
class Cifar10:
    """The 10,000 photographs of 32 × 32 pixels that CIFAR-10 holds out for testing."""

    @property
    def identity(self) -> str:
        """Return the hash of the published file."""
        return content_digest("cifar10 test", CIFAR10[0].sha256)

    def __len__(self) -> int:
        return len(_cifar_records())

    def item(self, index: int) -> Item:
        """Return one photograph, titled by its class. Raises `NotDownloadedError` where the file is not here."""
        record = _cifar_records()[index]
        image = Image.fromarray(np.ascontiguousarray(record[1:].reshape(3, 32, 32).transpose(1, 2, 0)))
        digest = hashlib.sha256(record.tobytes()).hexdigest()
        picture = Picture(digest, f"cifar10-{index}.png", 32, 32, "PNG", image)
        return Item(picture, picture, WHOLE, CIFAR_CLASSES[int(record[0])], is_marked=True, number=index)

    def file(self, index: int) -> bytes:
        """Return a photograph as a PNG file."""
        return png_bytes(self.item(index).picture.image)

    def source(self, index: int) -> int:
        """Return a number of its own for each photograph."""
        return index


@functools.lru_cache(maxsize=1)
def _cifar_records() -> NDArray[np.uint8]:
    """Return the records of the test set; 31 MB, read once in a process."""
    (records,) = cifar_records(CIFAR10[0], CIFAR_HELD_OUT)
    return records


@dataclass(frozen=True, kw_only=True)
class CollectionEntry:
    """A collection that can be chosen: `open` returns it, None where it is the person's own; `files` come first."""

    name: str
    title: str
    idea: str
    open: Callable[[], Collection] | None = None
    files: tuple[RemoteFile, ...] = ()


COLLECTIONS: Registry[CollectionEntry] = Registry(
    N_("collection"),
    (
        CollectionEntry(
            name="samples",
            title=N_("Samples"),
            idea=N_("The sample photographs, cut into overlapping squares of two sizes."),
            open=SampleTiles,
        ),
        CollectionEntry(name="mine", title=N_("Mine"), idea=N_("Pictures of your own, or a ZIP archive.")),
        CollectionEntry(
            name="cifar10",
            title="CIFAR-10",
            idea=N_("The 10,000 test photographs of CIFAR-10, 32 × 32 pixels in ten classes; fetched once, 170 MB."),
            open=Cifar10,
            files=CIFAR10,
        ),
    ),
)


def content_digest(*parts: str) -> str:
    """Return the SHA-256 of texts, in hexadecimal."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
