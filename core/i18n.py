"""Marks messages of core for translation; the pages translate them."""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802 - gettext's customary name for "mark only"
    """Return `message` unchanged, so that the extraction of strings finds it."""
    return message


def grouped(count: int) -> str:
    """Return a whole number with its digits in threes, apart by thin spaces: so it reads the same in every language."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
