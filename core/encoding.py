"""Images, arrays and tables as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image


def png_bytes(image: Image.Image) -> bytes:
    """Return an image as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def jpeg_bytes(image: Image.Image, quality: int, **options: Any) -> bytes:
    """Return an image as a JPEG file; `options` are Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def npz_bytes(**arrays: Any) -> bytes:
    """Return arrays as a compressed NPZ file, each under its name."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def csv_text(head: Iterable[object], rows: Iterable[Iterable[object]], line_end: str = "\n") -> str:
    """Return a table as CSV, with a first line of names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
