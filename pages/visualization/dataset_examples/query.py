"""What a search is for: which channel, unit or class, in which network and collection."""

from __future__ import annotations

from dataclasses import dataclass

from core.visualization.dataset_examples.image_collections import COLLECTIONS, Collection, CollectionEntry, SampleTiles
from core.visualization.dataset_examples.ranking import KEPT, End, Scan, Table
from pages.components.i18n import _
from pages.visualization.selection import Selection

FEW = 48  # pictures, which may have to be decoded
KEPT_OF_TILES = 48
"""Many more than are shown: squares that are cut from one photograph resemble each other."""


@dataclass(frozen=True)
class SearchTarget:
    """A table and which channel or class of it is looked at; `name` says that in words, `cell` is that of a unit."""

    table: Table
    owner: int
    name: str
    cell: tuple[int, int] | None = None

    def at(self, end: End) -> Table:
        """Return the table of one end."""
        return self.table._replace(end=end)


@dataclass(frozen=True, eq=False)
class SearchQuery:
    """A target of a selection in a collection, of which the `first` pictures are looked at, None for all."""

    selection: Selection
    target: SearchTarget
    entry: CollectionEntry
    collection: Collection
    first: int | None = None

    @property
    def config(self) -> Scan:
        """Return the search that answers it; it answers for all channels and classes too."""
        backbone = self.selection.backbone
        return Scan(
            collection=self.collection,
            backbone=backbone.entry.name,
            weights=backbone.weights,
            seed=backbone.seed,
            fit=self.selection.fit,
            layers=(self.selection.layer.name,),
            cell=self.target.cell,
            first=self.first,
            kept=KEPT_OF_TILES if isinstance(self.collection, SampleTiles) else KEPT,
        )

    @property
    def is_quick(self) -> bool:
        """Return whether the search takes about a second: that of a tiny network through few pictures."""
        is_short = isinstance(self.collection, SampleTiles) or self.count <= FEW
        return self.selection.backbone.entry.source == "convscope" and is_short

    @property
    def count(self) -> int:
        """Return how many pictures are looked at."""
        count = len(self.collection)
        return count if self.first is None else min(self.first, count)

    @property
    def caption(self) -> str:
        """Return one line that says what is searched."""
        return f"{self.selection.network} · {_(self.entry.title)}"


def of_channel(selection: Selection) -> SearchTarget:
    """Return the chosen channel as a target."""
    layer = selection.layer.name
    name = _("channel {channel} of {layer}", channel=selection.channel, layer=layer)
    return SearchTarget(Table("channel", "most", layer), selection.channel, name)


def in_samples(selection: Selection) -> SearchQuery:
    """Return the search for the chosen channel among the sample photographs."""
    return SearchQuery(selection, of_channel(selection), COLLECTIONS["samples"], SampleTiles())
