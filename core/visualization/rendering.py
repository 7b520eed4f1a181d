"""Ink, paper, font and number format of exported images."""

from __future__ import annotations

import functools

from PIL import ImageFont

from core.paths import ASSETS

INK = (32, 38, 46)


PAPER = (255, 255, 255)


FONT = ASSETS / "fonts" / "DejaVuSans.ttf"  # Pillow's own lacks × and accents


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of everything that is drawn, `size` in pixels."""
    return ImageFont.truetype(str(FONT), size)


def format_number(number: float) -> str:
    """Return `number` with three significant digits, as it is printed beside colour ranges."""
    return "0" if number == 0 else f"{number:.3g}"
