"""Decodes an image file to upright, opaque 8-bit sRGB of bounded size."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

from core import limits
from core.i18n import N_
from core.images.formats import Outline, check_size

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Note:
    """Something that was done to a picture and that a person should know.

    `message` is an English message marked with `N_`, with `str.format` fields for `values`; `str(note)` is the English
    text.
    """

    message: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.message.format(**self.values)


@dataclass(frozen=True)
class Decoded:
    """The `image` (RGB) in a file, `width` and `height` of the upright original in pixels, and what was done to it."""

    image: Image.Image
    width: int
    height: int
    notes: tuple[Note, ...]


UPRIGHT = {  # EXIF orientation (Exif 2.32, section 4.6.4): what sets the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
PROFILED_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # colour space of an ICC profile: mode it describes
LEVELS_OF_16_BITS = np.rint(np.arange(1 << 16) / 257).astype(np.uint8)
COLOUR_CUBE = Image.fromarray(np.mgrid[0:256:15, 0:256:15, 0:256:15].reshape(3, 18, -1).T.astype(np.uint8))
SAME_COLOUR = 2  # of 255: a profile that changes no colour by more is sRGB under another name


def read(data: bytes, outline: Outline, name: str) -> Decoded:
    """Return the picture in `data`, reduced so that its longer side is at most `limits.KEPT_SIDE` pixels.

    Takes at most 9 bytes of memory for each pixel of the original, 16 for a WEBP. Raises `PictureError` when
    the picture is too large, and whatever Pillow raises when it is damaged.
    """
    notes: list[Note] = []
    if outline.format == "PNG":
        _verify(data)
    with Image.open(BytesIO(data), formats=[outline.format]) as source:
        size = source.size
        check_size(size, name, limits.PICTURE_PIXELS)
        source.draft(None, kept_size(size))  # a JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that suffices
        source.load()
        if outline.format == "PNG" and "transparency" in source.info:
            source.info["transparency"] = _transparent_colour(source, depth=data[24])
        icc_profile = source.info.get("icc_profile")
        orientation = _read_orientation(source)
        image = to_eight_bit(source, notes).resize(kept_size(size), Image.Resampling.BICUBIC)
    image = _flatten(_to_srgb(image, icc_profile, notes), notes)
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
        size = size if orientation < 5 else (size[1], size[0])
        notes.append(
            Note(N_("Turned upright, as its EXIF orientation ({orientation}) asks."), {"orientation": orientation})
        )
    return Decoded(_strip(image), *size, (*_overall_notes(outline, size, image.size), *notes))


def kept_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return `size` (width, height) reduced so that the longer side is at most `limits.KEPT_SIDE`, each at least 1."""
    scale = min(1.0, limits.KEPT_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _overall_notes(outline: Outline, size: tuple[int, int], kept: tuple[int, int]) -> list[Note]:
    notes = []
    if outline.frames > 1:
        notes.append(
            Note(N_("It is an animation of {frames} frames; the first one is used."), {"frames": outline.frames})
        )
    if kept != size:
        names = ("width", "height", "kept_width", "kept_height")
        notes.append(
            Note(
                N_("Scaled down from {width} × {height} to {kept_width} × {kept_height} pixels."),
                dict(zip(names, (*size, *kept), strict=True)),
            )
        )
    return notes


def _verify(data: bytes) -> None:
    # Pillow shows a PNG whose checksums are wrong, with whatever colours come out
    with Image.open(BytesIO(data), formats=["PNG"]) as image:
        image.verify()


def _transparent_colour(image: Image.Image, depth: int) -> Any:
    """Return the colour, or the entries of the palette, that a PNG declares transparent, as Pillow's pixels have it.

    The file states it with as many bits as its samples have (PNG, section 11.3.2.1); Pillow has changed the samples.
    """
    colour = image.info["transparency"]
    if image.mode == "L" and depth < 8:
        most: int = (1 << depth) - 1
        return (colour & most) * 255 // most
    if image.mode == "RGB" and depth == 16:
        return tuple(sample >> 8 for sample in colour)
    return colour


def to_eight_bit(image: Image.Image, notes: list[Note]) -> Image.Image:
    """Return `image` in mode L, LA, RGB, RGBA or CMYK, with 8 bits a sample; adds to `notes` what had to be done."""
    if image.mode == "F" or image.mode.startswith("I"):
        image = _reduce_levels(image, notes)
    elif image.mode == "P":
        notes.append(Note(N_("Its colours come from a palette of at most 256.")))
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in ("1", "L"):
        image = image.convert("LA" if image.has_transparency_data else "L")
    elif image.mode == "RGB" and image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("LA", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGB")
    if image.mode in ("L", "LA"):
        notes.append(Note(N_("It is grey: red, green and blue are equal.")))
    return image


def _reduce_levels(image: Image.Image, notes: list[Note]) -> Image.Image:
    """Return a grey picture of 16 bits, 32 bits or floats in mode L, or LA where it has a transparent grey."""
    samples = np.asarray(image)
    if samples.dtype.itemsize == 2:
        notes.append(Note(N_("Its 16-bit grey levels were rounded to 8 bits.")))
        grey = Image.fromarray(LEVELS_OF_16_BITS[samples])
    else:
        grey = Image.fromarray(_stretch(samples, notes))
    if "transparency" in image.info:
        grey.putalpha(Image.fromarray(np.where(samples == image.info["transparency"], 0, 255).astype(np.uint8)))
    return grey


def _stretch(samples: np.ndarray[Any, Any], notes: list[Note]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return grey levels without a stated range as bytes: of the usual range they lie in, else from least to most."""
    finite = samples[np.isfinite(samples)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    for usual in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= usual:
            low, high = 0.0, usual
            break
    values = {"low": f"{low:g}", "high": f"{high:g}"}
    notes.append(Note(N_("Its grey levels from {low} to {high} are shown from black to white."), values))
    known = np.nan_to_num(samples.astype(np.float32), nan=low, posinf=high, neginf=low)
    levels = np.clip((known - low) / ((high - low) or 1.0), 0, 1) * 255
    rounded: np.ndarray[Any, np.dtype[np.uint8]] = np.rint(levels).astype(np.uint8)
    return rounded


def _to_srgb(image: Image.Image, icc_profile: bytes | None, notes: list[Note]) -> Image.Image:
    """Return `image` in mode RGB or RGBA, its colours those that its profile means."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = image.convert(image.mode.removesuffix("A"))
    try:
        colours = _convert_by_profile(colours, icc_profile, notes) if icc_profile else _convert_plainly(colours, notes)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        logger.info("colour profile ignored: %s", error)
        notes.append(Note(N_("Its colour profile cannot be used and was ignored; colours may differ.")))
        colours = _convert_plainly(colours, notes)
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _convert_plainly(image: Image.Image, notes: list[Note]) -> Image.Image:
    if image.mode == "CMYK":
        notes.append(Note(N_("Its printing inks (CMYK) were converted to RGB without a profile; colours may differ.")))
    return image.convert("RGB")


def _convert_by_profile(image: Image.Image, icc_profile: bytes, notes: list[Note]) -> Image.Image:
    """Return `image` (L, RGB or CMYK) in sRGB; raise `ValueError` when the profile is meant for another mode."""
    profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile))
    mode = PROFILED_MODES.get(profile.profile.xcolor_space.strip())
    if (image.mode, mode) == ("L", "RGB"):
        image = image.convert("RGB")
    if image.mode != mode:
        raise ValueError(f"a profile for {profile.profile.xcolor_space} in a picture of mode {image.mode}")
    transform = ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "RGB" and _keeps_colours(transform):
        return image
    description = " ".join((profile.profile.profile_description or "ICC").split())[:80]
    notes.append(Note(N_("Its colours were converted from the profile “{profile}” to sRGB."), {"profile": description}))
    return ImageCms.applyTransform(image, transform) or image


def _keeps_colours(transform: ImageCms.ImageCmsTransform) -> bool:
    before = np.asarray(COLOUR_CUBE, dtype=np.int16)
    after = np.asarray(ImageCms.applyTransform(COLOUR_CUBE, transform), dtype=np.int16)
    return bool(np.abs(after - before).max() <= SAME_COLOUR)


def _flatten(image: Image.Image, notes: list[Note]) -> Image.Image:
    """Return `image` in mode RGB, with what is transparent in it laid on `limits.TRANSPARENCY_ON`."""
    if image.mode != "RGBA":
        return image
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    notes.append(Note(N_("Its transparent parts were laid on white.")))
    background = Image.new("RGB", image.size, limits.TRANSPARENCY_ON)
    background.paste(image, mask=alpha)
    return background


def _read_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where none is stated that can be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception as error:  # Pillow raises anything here, and broken metadata say nothing about the pixels
        logger.info("EXIF ignored: %s", error)
        return 1
    return orientation if isinstance(orientation, int) and orientation in UPRIGHT else 1


def _strip(image: Image.Image) -> Image.Image:
    """Return a copy without what Pillow carries along: metadata, the file and its bytes."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    return bare
