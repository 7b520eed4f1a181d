"""Numbers with a unit, in three digits, in the visitor's language."""

from __future__ import annotations

from pages.components.i18n import _, number


def short_count(count: int) -> str:
    """Return a number in three digits and a unit: 1.4 M."""
    for unit, size in ((" G", 10**9), (" M", 10**6), (" k", 10**3)):
        if count >= size:
            return number(count / size, ".3g") + unit
    return str(count)


def memory_text(count: int) -> str:
    """Return a number of bytes in three digits and a unit."""
    for unit, size in ((" GB", 1 << 30), (" MB", 1 << 20), (" kB", 1 << 10)):
        if count >= size:
            return number(count / size, ".3g") + unit
    return f"{count} B"


def seconds_text(seconds: float) -> str:
    """Return a time in seconds, or in minutes where it is longer than two."""
    if seconds > 120:
        return _("{minutes} min", minutes=number(seconds / 60, ".0f"))
    return _("{seconds} s", seconds=number(seconds, ".1f" if seconds < 10 else ".0f"))


def percent_digits(share: float) -> str:
    """Return a share in percent with one decimal, without the sign, which stands in the text around it."""
    return number(100 * share, ".1f")
