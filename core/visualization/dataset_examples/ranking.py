"""Ranks dataset examples: what a search is given, and the best of each channel and class so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from core.events import Event
from core.images.preprocessing import Fit
from core.visualization.dataset_examples.image_collections import Collection

if TYPE_CHECKING:
    pass


KEPT = 12  # of each channel and class


SKIPPED_NAMED = 20


Kind = Literal["channel", "unit", "logit", "probability"]


End = Literal["most", "least"]


ENTRY = np.dtype(
    [("owner", "i4"), ("score", "f4"), ("beside", "f4"), ("picture", "i4"), ("row", "i2"), ("column", "i2")]
)
"""Owner: a channel or a class. Beside a logit stands the probability, beside a probability the logit, else NaN."""


Entries = NDArray[np.void]


class Table(NamedTuple):
    """What is ranked: maxima of channels, values of units, logits or probabilities; from which `end`."""

    kind: Kind
    end: End
    layer: str = ""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What decides a search: the collection, the network, and the `layers` whose channels are ranked.

    `cell` is the (row, column) of the units that are ranked beside, None for none; `first` is how many pictures are
    looked at, None for all. Raises `ValueError` for numbers that make no search.
    """

    collection: Collection
    backbone: str
    weights: str = "untrained"
    seed: int = 0
    fit: Fit = "crop"
    layers: tuple[str, ...] = ()
    cell: tuple[int, int] | None = None
    first: int | None = None
    kept: int = KEPT

    def __post_init__(self) -> None:
        is_counted = self.kept >= 1 and (self.first is None or self.first >= 1)
        if not is_counted or self.fit not in get_args(Fit) or (self.cell is not None and len(self.layers) != 1):
            raise ValueError(f"{self} is no search")

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what its result depends on: the key under which that is kept."""
        network = (self.backbone, self.weights, self.seed, self.fit)
        return (self.collection.identity, *network, self.layers, self.cell, self.first, self.kept)


@dataclass(frozen=True)
class Skipped:
    """A picture that could not be read: its place, and the message, marked for translation, with its values."""

    place: int
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class FoundEvent(Event):
    """News of a search: `step` of `total_steps` pictures are done, and `news` has come into the tables."""

    news: Mapping[Table, Entries] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A picture of a collection with its score, and the cell where that is.

    The cell is (-1, -1) for a class, and where a channel has one value everywhere, so that no cell stands out.

    `beside` is the probability of a logit and the logit of a probability, NaN for channels and units.
    """

    picture: int
    score: float
    beside: float
    row: int
    column: int


class Found:
    """What a search has found so far: the current best of each table. Feed it the events, in their order."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self.step = 0
        self.total_steps: int | None = None
        self.skipped: tuple[Skipped, ...] = ()
        self.skipped_count = 0
        self.tables: dict[Table, Entries] = {}

    def add(self, events: Iterable[FoundEvent]) -> Found:
        """Take in events and return itself."""
        for event in events:
            self.step, self.total_steps = event.step, event.total_steps
            self.skipped_count += len(event.skipped)
            self.skipped = (*self.skipped, *event.skipped)[:SKIPPED_NAMED]
            for table, entries in event.news.items():
                self.tables[table] = best(self.tables.get(table, entries[:0]), entries, self.kept, table.end)
        return self

    def hits(self, table: Table, owner: int) -> tuple[Hit, ...]:
        """Return what is kept of a channel or class, the best first; of equal scores the earlier picture."""
        entries = self.tables.get(table, np.empty(0, ENTRY))
        own = entries[entries["owner"] == owner].tolist()
        return tuple(Hit(picture, score, beside, row, column) for _, score, beside, picture, row, column in own)

    def of_classes(self) -> Found:
        """Return what was found of the classes alone, which does not depend on the layer."""
        copy = Found(self.kept)
        vars(copy).update(vars(self))
        copy.tables = {table: entries for table, entries in self.tables.items() if not table.layer}
        return copy

    @property
    def bytes(self) -> int:
        """Return how much memory it takes; it does not depend on how long the collection is."""
        return sum(entries.nbytes for entries in self.tables.values())


def best(kept: Entries, new: Entries, count: int, end: End) -> Entries:
    """Return the `count` best entries of each owner, in the order of owners, scores and places.

    `kept` is in that order already; no score is NaN.
    """
    is_touched = np.isin(kept["owner"], new["owner"])
    rivals = _sorted(np.concatenate([kept.take(np.flatnonzero(is_touched)), new]), end)
    places, owners = np.arange(len(rivals)), rivals["owner"]
    is_first = np.append(True, owners[1:] != owners[:-1])[: len(rivals)]
    rank = places - np.maximum.accumulate(np.where(is_first, places, 0))
    rivals = rivals.take(np.flatnonzero(rank < count))
    if is_touched.all():
        return rivals
    together = np.concatenate([kept.take(np.flatnonzero(~is_touched)), rivals])
    return together.take(np.argsort(together["owner"], kind="stable"))


def _sorted(entries: Entries, end: End) -> Entries:
    """Return entries by owner, score and place; one key of whole numbers sorts several times as fast as three keys."""
    scores = (entries["score"] if end == "least" else -entries["score"]) + np.float32(0)  # so that -0 is 0
    bits = scores.view(np.int32)
    rising = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # whole numbers in the order of the scores
    keys = (entries["owner"].astype(np.int64) << 32) + rising
    order = np.argsort(keys, kind="stable")
    if (np.diff(keys[order]) == 0).any():
        order = np.lexsort((entries["picture"], keys))
    return entries.take(order)


def thresholds(kept: Entries, owners: int, count: int, end: End) -> NDArray[np.float32]:
    """Return what a score has to surpass to be kept, by owner: the worst kept where there are `count` already."""
    worst = np.full(owners, -np.inf if end == "most" else np.inf, dtype=np.float32)
    full = np.flatnonzero(np.bincount(kept["owner"], minlength=owners) == count)
    last = np.searchsorted(kept["owner"], full, side="right") - 1
    worst[full] = kept["score"][last]
    return worst
