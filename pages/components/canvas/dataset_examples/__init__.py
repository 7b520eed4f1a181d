"""Hits of a search: each the portion responsible beside its whole picture, with its score; one can be picked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pages.components.canvas import define

_hits = define("dataset_examples", '<div class="hits"></div>')


@dataclass(frozen=True)
class HitItem:
    """One hit: `crop` and `whole` are data URLs, `region` is left, top, right and bottom as fractions of the whole."""

    id: str
    title: str
    score: str
    detail: str
    crop: str
    whole: str
    region: tuple[float, float, float, float]


@dataclass(frozen=True)
class HitRow:
    """Hits under a heading; `note` is said where it holds for all of them, or where there are none."""

    heading: str
    note: str
    items: Sequence[HitItem]


def dataset_examples_view(key: str, rows: Sequence[HitRow], words: dict[str, str]) -> str | None:
    """Draw rows of hits and return the id of the one that was just picked, else None."""
    described: list[dict[str, Any]] = [{**vars(row), "items": [vars(item) for item in row.items]} for row in rows]
    result = _hits(key=key, data={"rows": described, "words": words}, on_picked_change=lambda: None)
    picked: str | None = result.picked
    return picked
