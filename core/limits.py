"""The limits of what ConvScope accepts, in one place; a person is told which one was hit."""

from __future__ import annotations

MEBIBYTE = 1 << 20

PICTURE_BYTES = 20 * MEBIBYTE
PICTURE_PIXELS = 50_000_000
PICTURE_SIDE = 12_000
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
PICTURES_DECODED_AT_ONCE = 2
KEPT_SIDE = 1024  # longer side, in pixels, of what is kept of an uploaded picture
SESSION_BYTES = 100 * MEBIBYTE

WEIGHTS_CONNECT_SECONDS = 5.0
WEIGHTS_READ_SECONDS = 15.0
