"""A preview of labelled images: counts, and examples of each class."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from core.errors import UserError
from core.transfer.data.config import TransferConfig
from core.transfer.data.labelled_images import LabelledPictures, group_near_duplicates, stratified_sample
from core.transfer.data.uploaded import UploadedDataset

TILE, GAP = 72, 4  # pixels
COLUMNS = 6  # of a sheet
LOOKED_AT = 240  # pictures that are read before anything is computed, the classes in turns


@dataclass(frozen=True, eq=False)
class DatasetPreview:
    """Classes with `counts` of what there is and `taken` of what is used; a strip of examples of each class, RGB.

    `classes` are marked for translation if `is_marked`. So many pictures as `looked_at` were read: `unread` names those
    that cannot be, with why, `repeated` counts those that nearly repeat another one, and `near_duplicates` shows some
    of them.
    """

    classes: tuple[str, ...]
    is_marked: bool
    counts: tuple[int, ...]
    taken: tuple[int, ...]
    strips: tuple[Image.Image, ...]
    unread: tuple[tuple[str, UserError], ...]
    looked_at: int
    repeated: int
    near_duplicates: Image.Image | None


def look_at(setup: TransferConfig, classes: int, each: int) -> DatasetPreview:
    """Return a look with the first `each` of the chosen pictures of the first `classes` classes.

    Raises `UserError` where there are no pictures.
    """
    labelled = setup.labelled()
    chosen = stratified_sample(labelled.labels, setup.per_class, setup.seed)
    tiles, unread = _read(labelled, chosen[:LOOKED_AT].tolist())
    taken = np.array([place for place in chosen.tolist() if place not in unread], dtype=np.int64)
    places = np.array(list(tiles), dtype=np.int64)
    repeated: list[int] = []
    if len(places):
        images = np.stack([np.asarray(tile) for tile in tiles.values()])
        _groups, repeated = group_near_duplicates(images, np.arange(len(places), dtype=np.int64))
    strips = []
    for label in range(min(classes, len(labelled.classes))):
        mine = [place for place in chosen[labelled.labels[chosen] == label].tolist() if place in tiles]
        strips.append(_sheet([tiles[place] for place in mine[:each]], each))
    shown = [tiles[int(places[at])] for at in repeated[:each]]
    return DatasetPreview(
        labelled.classes,
        labelled.is_marked,
        labelled.counts,
        tuple(np.bincount(labelled.labels[taken], minlength=len(labelled.classes)).tolist()),
        tuple(strips),
        tuple((file_name(labelled, place), problem) for place, problem in unread.items()),
        looked_at=len(tiles) + len(unread),
        repeated=len(repeated),
        near_duplicates=_sheet(shown, len(shown)) if shown else None,
    )


def _read(labelled: LabelledPictures, places: Sequence[int]) -> tuple[dict[int, Image.Image], dict[int, UserError]]:
    """Return a tile of each picture that can be read, and why others cannot be."""
    tiles: dict[int, Image.Image] = {}
    unread: dict[int, UserError] = {}
    for place in places:
        try:
            tiles[place] = _tile(labelled, place)
        except UserError as problem:
            unread[place] = problem
    return tiles, unread


def _tile(labelled: LabelledPictures, index: int) -> Image.Image:
    return ImageOps.fit(labelled.source.picture(index).image, (TILE, TILE), Image.Resampling.BICUBIC)


def sheet(setup: TransferConfig, places: Sequence[int]) -> Image.Image:
    """Return pictures of a set by their places, as tiles in rows, RGB; what cannot be read stays white."""
    labelled = setup.labelled()
    tiles: list[Image.Image | None] = []
    for index in places:
        tiles.append(None)
        with contextlib.suppress(UserError):
            tiles[-1] = _tile(labelled, index)
    return _sheet(tiles, min(COLUMNS, max(1, len(places))))


def _sheet(tiles: Sequence[Image.Image | None], columns: int) -> Image.Image:
    """Return tiles in rows of so many columns, on white."""
    step = TILE + GAP
    rows = max(1, -(-len(tiles) // columns))
    found = Image.new("RGB", (columns * step - GAP, rows * step - GAP), "white")
    for at, tile in enumerate(tiles):
        row, column = divmod(at, columns)
        if tile is not None:
            found.paste(tile, (column * step, row * step))
    return found


def file_name(labelled: LabelledPictures, index: int) -> str:
    """Return what a picture is called: its file's name, with its folder, where it is a person's own."""
    own = labelled.source
    return own.file_name(index) if isinstance(own, UploadedDataset) else str(index)
