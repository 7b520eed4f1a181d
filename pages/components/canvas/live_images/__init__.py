"""Pictures in the making: drawn anew with each frame in the place of the one before, without a flicker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.components.canvas import define, pack

_making = define("live_images", '<div class="making"></div>')


@dataclass(frozen=True)
class MakingItem:
    """One picture: `content` is its JPEG or PNG, empty while there is none; `alternative` says what it shows.

    `waiting` stands in its place while it is empty.
    """

    title: str
    note: str
    alternative: str
    content: bytes
    waiting: str = ""


def live_images_view(key: str, items: Sequence[MakingItem]) -> None:
    """Draw the pictures side by side, or bring those under this key up to date."""
    words = ("title", "note", "alternative", "waiting")
    head = {"items": [{word: getattr(item, word) for word in words} for item in items]}
    _making(key=key, data=pack(head, *(item.content for item in items)))
