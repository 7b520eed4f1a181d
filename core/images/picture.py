"""Pictures: from the bytes of a file to a `Picture`, and from a `Picture` to what a network receives and back."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from core import limits
from core.i18n import N_
from core.images.decoding import Note, read
from core.images.formats import PictureProblem, damaged, inspect

__all__ = [
    "Fit",
    "Note",
    "Picture",
    "PictureProblem",
    "Preprocessing",
    "Received",
    "decode",
    "from_array",
    "received",
    "to_array",
]

Fit = Literal["crop", "letterbox"]
FloatArray = np.ndarray[Any, np.dtype[np.float32]]
INTERPOLATIONS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
NAME_LENGTH = 80  # characters of a file's name that are kept: it is only ever a label

logger = logging.getLogger(__name__)
_turns = threading.BoundedSemaphore(limits.PICTURES_DECODED_AT_ONCE)


@dataclass(frozen=True)
class Picture:
    """A picture as ConvScope keeps it. Equal, with an equal hash, where `digest` and `name` are equal; pickles.

    `digest` is the SHA-256 of the original file in hexadecimal, `name` the file's name, a label only. `width` and
    `height` are those of the original in pixels, upright; `format` is one of `limits.PICTURE_FORMATS`. `image` is in
    mode RGB, sRGB, upright, its longer side at most `limits.KEPT_SIDE`. `notes` say what was done to get there.
    """

    digest: str
    name: str
    width: int = field(compare=False)
    height: int = field(compare=False)
    format: str = field(compare=False)
    image: Image.Image = field(compare=False, repr=False)
    notes: tuple[Note, ...] = field(compare=False, default=())


def of_image(image: Image.Image, name: str = "") -> Picture:
    """Return an image that no file stands behind, in mode RGB, as a picture."""
    return Picture("", name, *image.size, "PNG", image)


def decode(data: bytes, name: str) -> Picture:
    """Return the picture that the bytes of a file show, whatever the file is called.

    Raises `PictureProblem`, and nothing else, when there is none to show: its message names the file, the reason and
    the remedy. At most `limits.PICTURES_DECODED_AT_ONCE` files are decoded at a time; the others wait for their turn.
    """
    label = _make_label(name)
    try:
        found = inspect(data, label)
        with _take_turn(label):
            result = read(data, found, label)
        digest = hashlib.sha256(data).hexdigest()
        return Picture(digest, label, result.width, result.height, found.format, result.image, result.notes)
    except PictureProblem:
        raise
    except MemoryError:
        logger.warning("out of memory while decoding %r", label)
        raise PictureProblem(
            N_("There is not enough memory to read “{name}” now."),
            N_("Try a smaller picture, or again later."),
            name=label,
        ) from None
    except Exception:  # the one boundary: Pillow raises anything on damaged files
        logger.info("could not decode %r", label, exc_info=True)
        raise damaged(label) from None


@contextmanager
def _take_turn(name: str) -> Iterator[None]:
    if not _turns.acquire(timeout=limits.PICTURE_WAIT_SECONDS):
        raise PictureProblem(
            N_("Too many pictures are being read at once, so “{name}” had to wait too long."),
            N_("Choose it again in a moment."),
            name=name,
        )
    try:
        yield
    finally:
        _turns.release()


def _make_label(name: str) -> str:
    readable = "".join(character if character.isprintable() else "�" for character in name)
    return readable if len(readable) <= NAME_LENGTH else readable[: NAME_LENGTH - 1] + "…"


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a network wants its pictures: resized to `resize` (shorter side, pixels), the centre `crop` × `crop` cut out,
    scaled to 0..1, `mean` subtracted and divided by `std`, each in the order red, green, blue.

    Raises `ValueError` when the values cannot be followed. Pillow always reduces with antialiasing, hence `antialias`
    has to be true.
    """

    resize: int
    crop: int
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear"
    antialias: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.crop <= self.resize:
            raise ValueError(f"crop {self.crop} has to lie between 1 and resize {self.resize}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(f"mean {self.mean} and std {self.std} need three values each, those of std above 0")
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(f"interpolation {self.interpolation!r} is not among {', '.join(INTERPOLATIONS)}")
        if not self.antialias:
            raise ValueError("pictures are always reduced with antialiasing")


@dataclass(frozen=True)
class Received:
    """What a network receives of a picture, before normalisation.

    `image` is RGB of `crop` × `crop` pixels. `box` is the part of the picture in it: left, top, right, bottom as
    fractions (0..1) of the upright original. `content` is where in `image` that part stands, in pixels. `fit` is what
    was done: an elongated picture is letterboxed although "crop" was asked for, and `notes` say so.
    """

    image: Image.Image
    box: tuple[float, float, float, float]
    content: tuple[int, int, int, int]
    fit: Fit
    notes: tuple[Note, ...] = ()


def received(picture: Picture, preprocessing: Preprocessing, fit: Fit = "crop") -> Received:
    """Return what a network receives of `picture`.

    "crop" resizes the shorter side and cuts out the centre, as torchvision's `ImageClassification` does, to the bit.
    "letterbox" scales the whole picture to fit and pads it with the mean colour, which normalises to about 0. A picture
    more than `limits.CROPPED_RATIO` times as long as wide is letterboxed. Raises `ValueError` on another `fit`.
    """
    if fit not in get_args(Fit):
        raise ValueError(f"fit {fit!r} is not among {', '.join(get_args(Fit))}")
    ratio = max(picture.width, picture.height) / min(picture.width, picture.height)
    if fit == "letterbox":
        return _letterbox(picture.image, preprocessing)
    if ratio > limits.CROPPED_RATIO:
        message = N_("One side is {ratio} times the other, so the network receives the whole picture, padded.")
        note = Note(message, {"ratio": f"{ratio:.1f}"})
        return _letterbox(picture.image, preprocessing, (note,))
    return _crop(picture.image, preprocessing)


def _crop(image: Image.Image, preprocessing: Preprocessing) -> Received:
    shorter, crop = min(image.size), preprocessing.crop
    # rounded down and to even, as torchvision.transforms.functional's resize and center_crop do
    width, height = (int(preprocessing.resize * side / shorter) for side in image.size)
    left, top = round((width - crop) / 2), round((height - crop) / 2)
    resized = image.resize((width, height), INTERPOLATIONS[preprocessing.interpolation])
    box = (left / width, top / height, (left + crop) / width, (top + crop) / height)
    return Received(resized.crop((left, top, left + crop, top + crop)), box, (0, 0, crop, crop), "crop")


def _letterbox(image: Image.Image, preprocessing: Preprocessing, notes: tuple[Note, ...] = ()) -> Received:
    longer, crop = max(image.size), preprocessing.crop
    width, height = (max(1, round(crop * side / longer)) for side in image.size)
    left, top = (crop - width) // 2, (crop - height) // 2
    red, green, blue = (round(mean * 255) for mean in preprocessing.mean)
    square = Image.new("RGB", (crop, crop), (red, green, blue))
    square.paste(image.resize((width, height), INTERPOLATIONS[preprocessing.interpolation]), (left, top))
    content = (left, top, left + width, top + height)
    return Received(square, (0.0, 0.0, 1.0, 1.0), content, "letterbox", notes)


def to_array(image: Image.Image, preprocessing: Preprocessing) -> FloatArray:
    """Return the normalised values of an RGB `image`: float32, shape (1, 3, height, width), no unit."""
    values = np.asarray(image.convert("RGB"), dtype=np.float32) / np.float32(255)
    mean, std = _statistics(preprocessing)
    return np.ascontiguousarray(((values - mean) / std).transpose(2, 0, 1)[np.newaxis])


def from_array(array: FloatArray, preprocessing: Preprocessing) -> Image.Image:
    """Return the RGB image whose normalised values are `array`, of shape (1, 3, height, width); clipped to 0..255.

    Raises `ValueError` on another shape.
    """
    if array.ndim != 4 or array.shape[:2] != (1, 3):
        raise ValueError(f"the shape has to be (1, 3, height, width), not {array.shape}")
    mean, std = _statistics(preprocessing)
    values = array[0].transpose(1, 2, 0) * std + mean
    return Image.fromarray(np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))


def _statistics(preprocessing: Preprocessing) -> tuple[FloatArray, FloatArray]:
    return np.array(preprocessing.mean, dtype=np.float32), np.array(preprocessing.std, dtype=np.float32)
