"""The limits of what ConvScope accepts, in one place; a person is told which one was hit."""

from __future__ import annotations

MEBIBYTE = 1 << 20

PICTURE_BYTES = 20 * MEBIBYTE
PICTURE_PIXELS = 50_000_000
PICTURE_SIDE = 12_000
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
PICTURES_DECODED_AT_ONCE = 2
PICTURE_PIXELS_OF_COSTLY = {
    "WEBP": 25_000_000,  # Pillow holds four copies of a WEBP while it decodes one
    "BMP": 10_000_000,  # run-length encoded ones only: Pillow decodes them in Python, 10 million pixels a second
}
PICTURE_BLOCKS = 200_000  # parts that a file is made of; an honest GIF of 20 MB has 80,000
JPEG_SCANS = 100  # passes over the whole picture; a progressive JPEG has about ten, a bomb as many as fit
PICTURE_WAIT_SECONDS = 30.0  # for a turn to decode
TRANSPARENCY_ON = (255, 255, 255)  # what shows through: white, as the note to the person says
KEPT_SIDE = 1024  # longer side, in pixels, of what is kept of an uploaded picture
CROPPED_RATIO = 3.0  # a picture longer than this, in units of its shorter side, is shown whole rather than cropped
SESSION_BYTES = 100 * MEBIBYTE

WEIGHTS_CONNECT_SECONDS = 5.0
WEIGHTS_READ_SECONDS = 15.0
