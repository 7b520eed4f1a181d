"""Preprocessing: an image resized, cropped or letterboxed, and normalised for a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from core import limits
from core.i18n import N_
from core.images.decoding import Note
from core.images.picture import Picture

Fit = Literal["crop", "letterbox"]


FloatArray = np.ndarray[Any, np.dtype[np.float32]]


INTERPOLATIONS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


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
class ModelInput:
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


def fit_to_input(picture: Picture, preprocessing: Preprocessing, fit: Fit = "crop") -> ModelInput:
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


def _crop(image: Image.Image, preprocessing: Preprocessing) -> ModelInput:
    shorter, crop = min(image.size), preprocessing.crop
    # rounded down and to even, as torchvision.transforms.functional's resize and center_crop do
    width, height = (int(preprocessing.resize * side / shorter) for side in image.size)
    left, top = round((width - crop) / 2), round((height - crop) / 2)
    resized = image.resize((width, height), INTERPOLATIONS[preprocessing.interpolation])
    box = (left / width, top / height, (left + crop) / width, (top + crop) / height)
    return ModelInput(resized.crop((left, top, left + crop, top + crop)), box, (0, 0, crop, crop), "crop")


def _letterbox(image: Image.Image, preprocessing: Preprocessing, notes: tuple[Note, ...] = ()) -> ModelInput:
    longer, crop = max(image.size), preprocessing.crop
    width, height = (max(1, round(crop * side / longer)) for side in image.size)
    left, top = (crop - width) // 2, (crop - height) // 2
    red, green, blue = (round(mean * 255) for mean in preprocessing.mean)
    square = Image.new("RGB", (crop, crop), (red, green, blue))
    square.paste(image.resize((width, height), INTERPOLATIONS[preprocessing.interpolation]), (left, top))
    content = (left, top, left + width, top + height)
    return ModelInput(square, (0.0, 0.0, 1.0, 1.0), content, "letterbox", notes)


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
