"""Text that a person or a file wrote, shown as it is."""

from __future__ import annotations

SIGNS = frozenset("\\`*_{}[]()<>#+!|~$:")


def plain(text: str) -> str:
    """Return `text` with each sign that Markdown would take for its own made harmless."""
    return "".join(f"\\{sign}" if sign in SIGNS else sign for sign in text)
