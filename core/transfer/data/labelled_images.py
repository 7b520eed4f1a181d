"""Labelled images, whatever they come from: labels, groups of near-duplicates, preparation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.i18n import N_
from core.images.picture import Picture
from core.images.preprocessing import Preprocessing, fit_to_input

Labels = NDArray[np.int64]
CLASSES_AT_LEAST = 2
PER_CLASS_AT_LEAST = 2  # of one picture nothing would be left to be judged by
CLASSES_AT_MOST = 102  # Flowers-102


class ImageSource(Protocol):
    """Pictures in a fixed order; pickles, so that a worker can read them."""

    def picture(self, index: int) -> Picture:
        """Return one picture. Raises `UserError` where it cannot be read."""


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """Pictures with their classes, read one at a time.

    `labels` (n,) int64 are places in `classes`, whose names are marked for translation if `is_marked`. `groups` (n,)
    int64 have a number in common where pictures resemble each other because they were cut from one place: a split
    must not part them.
    """

    classes: tuple[str, ...]
    labels: Labels
    groups: Labels
    source: ImageSource
    is_marked: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counts(self) -> tuple[int, ...]:
        """Return how many pictures each class has."""
        return tuple(np.bincount(self.labels, minlength=len(self.classes)).tolist())


@dataclass(frozen=True)
class Unread:
    """A picture that is left out, and why: the `reason` of a `UserError` with its values."""

    place: int
    reason: str
    values: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Labelled pictures as a network receives them: `images` (n, side, side, 3) uint8, before normalisation.

    `places` (n,) are those in the set that they come from, in the same order as `labels` and `groups`; in those,
    pictures that are nearly the same have a number in common too. `near_duplicates` counts the pictures that repeat
    another one.
    """

    classes: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: Labels
    groups: Labels
    places: Labels
    unread: tuple[Unread, ...] = ()
    near_duplicates: int = 0
    is_marked: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counts(self) -> tuple[int, ...]:
        """Return how many pictures each class has."""
        return tuple(np.bincount(self.labels, minlength=len(self.classes)).tolist())

    def part(self, chosen: NDArray[np.intp]) -> Prepared:
        """Return some of the pictures, in that order."""
        return Prepared(
            self.classes,
            self.images[chosen],
            self.labels[chosen],
            self.groups[chosen],
            self.places[chosen],
            is_marked=self.is_marked,
        )


def stratified_sample(labels: Labels, per_class: int, seed: int) -> Labels:
    """Return the places of at most `per_class` pictures of each class, in turns; fewer are a part of more."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    columns = [order[labels[order] == label][:per_class] for label in np.unique(labels)]
    longest = max((len(column) for column in columns), default=0)
    rows = [column[at] for at in range(longest) for column in columns if at < len(column)]
    return np.array(rows, dtype=np.int64)


def prepare_pictures(
    labelled: LabelledPictures, preprocessing: Preprocessing, per_class: int, seed: int = 0
) -> Prepared:
    """Return at most `per_class` pictures of each class, drawn with `seed`, as a network receives them.

    What cannot be read is left out and listed. Raises `UserError` where fewer than two classes have two pictures each.
    """
    places, images, unread = [], [], []
    for place in stratified_sample(labelled.labels, per_class, seed).tolist():
        try:
            picture = labelled.source.picture(place)
        except UserError as problem:
            unread.append(Unread(place, problem.reason, dict(problem.values)))
            continue
        images.append(np.asarray(fit_to_input(picture, preprocessing).image, dtype=np.uint8))
        places.append(place)
    kept = np.array(places, dtype=np.int64)
    labels = labelled.labels[kept] if len(kept) else kept
    check_classes(np.bincount(labels, minlength=len(labelled.classes)), labelled.classes)
    stacked = np.stack(images)
    groups, repeated = group_near_duplicates(stacked, labelled.groups[kept])
    return Prepared(labelled.classes, stacked, labels, groups, kept, tuple(unread), len(repeated), labelled.is_marked)


def check_classes(counts: Sequence[int] | NDArray[np.intp], classes: Sequence[str]) -> None:
    """Raise `UserError` where there are fewer than two classes, too many, or one with fewer than two pictures."""
    if len(classes) < CLASSES_AT_LEAST:
        raise UserError(
            N_("There is only one class to tell apart, or none."),
            N_("Add pictures of at least {least} classes; in a ZIP archive, one folder for each."),
            least=CLASSES_AT_LEAST,
        )
    check_class_count(len(classes))
    few = [name for name, count in zip(classes, counts, strict=True) if count < PER_CLASS_AT_LEAST]
    if few:
        raise UserError(
            N_("The class “{name}” has fewer than {least} readable pictures."),
            N_("Add some, or leave the class out: one picture to learn from and one to be judged by are the least."),
            name=few[0],
            least=PER_CLASS_AT_LEAST,
        )


def check_class_count(count: int) -> None:
    """Raise `UserError` where there are more classes than are compared."""
    if count > CLASSES_AT_MOST:
        raise UserError(
            N_("These are {count} classes; at most {most} are compared."),
            N_("Leave some out."),
            count=count,
            most=CLASSES_AT_MOST,
        )


SKETCH = 8  # pixels, the side of the sketch by which repeated pictures are known
CLOSE = 2.0  # grey levels, root mean square, that sketches of the same picture may differ by


def group_near_duplicates(images: NDArray[np.uint8], groups: Labels) -> tuple[Labels, list[int]]:
    """Return the groups joined where images (n, side, side, 3) are nearly the same, and which repeat an earlier one."""
    count, side = images.shape[:2]
    cut = side // SKETCH * SKETCH
    block = cut // SKETCH
    sketches = images[:, :cut, :cut].reshape(count, SKETCH, block, SKETCH, block, 3).mean((2, 4)).reshape(count, -1)
    squares = (sketches**2).sum(1)
    joined, repeated = groups.copy(), []
    for index in range(1, count):
        distances = squares[:index] + squares[index] - 2 * sketches[:index] @ sketches[index]
        same = np.flatnonzero(distances <= CLOSE**2 * sketches.shape[1])
        if len(same):
            repeated.append(index)
            for old in np.unique(joined[same]):
                joined[joined == old] = joined[index]
    return joined, repeated
