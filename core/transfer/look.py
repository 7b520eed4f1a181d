"""A look at labelled pictures before anything is computed: how many there are, and examples of each class."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from core.problems import Problem
from core.transfer.labelled import LabelledPictures, chosen_places
from core.transfer.own_data import OwnData
from core.transfer.setup import Setup

TILE, GAP = 72, 4  # pixels
COLUMNS = 6  # of a sheet


@dataclass(frozen=True, eq=False)
class DataLook:
    """Classes with `counts` of what there is and `taken` of what is used; a strip of examples of each class, RGB.

    `classes` are marked for translation if `is_marked`. `unread` names examples that cannot be read, with why.
    """

    classes: tuple[str, ...]
    is_marked: bool
    counts: tuple[int, ...]
    taken: tuple[int, ...]
    strips: tuple[Image.Image, ...]
    unread: tuple[tuple[str, Problem], ...]


def look_at(setup: Setup, classes: int, each: int) -> DataLook:
    """Return a look with the first `each` of the chosen pictures of the first `classes` classes.

    Raises `Problem` where there are no pictures.
    """
    labelled = setup.labelled()
    chosen = chosen_places(labelled.labels, setup.per_class, setup.seed)
    unread: list[tuple[str, Problem]] = []
    strips = []
    for label in range(min(classes, len(labelled.classes))):
        mine = chosen[labelled.labels[chosen] == label]
        strips.append(_strip(labelled, mine[:each].tolist(), each, unread))
    return DataLook(
        labelled.classes,
        labelled.is_marked,
        labelled.counts,
        tuple(np.bincount(labelled.labels[chosen], minlength=len(labelled.classes)).tolist()),
        tuple(strips),
        tuple(unread),
    )


def _strip(labelled: LabelledPictures, places: list[int], each: int, unread: list[tuple[str, Problem]]) -> Image.Image:
    strip = Image.new("RGB", (each * (TILE + GAP) - GAP, TILE), "white")
    for at, place in enumerate(places):
        try:
            strip.paste(_tile(labelled, place), (at * (TILE + GAP), 0))
        except Problem as problem:
            unread.append((file_name(labelled, place), problem))
    return strip


def _tile(labelled: LabelledPictures, place: int) -> Image.Image:
    return ImageOps.fit(labelled.source.picture(place).image, (TILE, TILE), Image.Resampling.BICUBIC)


def sheet(setup: Setup, places: Sequence[int]) -> Image.Image:
    """Return pictures of a set by their places, as tiles in rows, RGB; what cannot be read stays white."""
    labelled = setup.labelled()
    step = TILE + GAP
    rows = max(1, -(-len(places) // COLUMNS))
    found = Image.new("RGB", (min(COLUMNS, max(1, len(places))) * step - GAP, rows * step - GAP), "white")
    for at, place in enumerate(places):
        row, column = divmod(at, COLUMNS)
        with contextlib.suppress(Problem):
            found.paste(_tile(labelled, place), (column * step, row * step))
    return found


def file_name(labelled: LabelledPictures, place: int) -> str:
    """Return what a picture is called: its file's name, with its folder, where it is a person's own."""
    own = labelled.source
    return own.file_name(place) if isinstance(own, OwnData) else str(place)
