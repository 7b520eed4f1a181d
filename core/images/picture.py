"""The record of an image, and its decoding from the bytes of a file."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image

from core import limits
from core.i18n import N_
from core.images.decoding import Note, read
from core.images.formats import PictureError, damaged, inspect

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

    Raises `PictureError`, and nothing else, when there is none to show: its message names the file, the reason and
    the remedy. At most `limits.PICTURES_DECODED_AT_ONCE` files are decoded at a time; the others wait for their turn.
    """
    label = _make_label(name)
    try:
        found = inspect(data, label)
        with _take_turn(label):
            result = read(data, found, label)
        digest = hashlib.sha256(data).hexdigest()
        return Picture(digest, label, result.width, result.height, found.format, result.image, result.notes)
    except PictureError:
        raise
    except MemoryError:
        logger.warning("out of memory while decoding %r", label)
        raise PictureError(
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
        raise PictureError(
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
