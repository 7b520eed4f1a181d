"""Scans one batch of a collection: reads, forwards, and keeps the scores that enter the ranking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from core import limits
from core.architectures.graph.fused import fuse
from core.architectures.graph.layout import channels_first
from core.compute import permit
from core.errors import UserError
from core.hooks import borrow
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.dataset_examples.ranking import (
    ENTRY,
    End,
    Entries,
    Found,
    Kind,
    Scan,
    Skipped,
    Table,
    thresholds,
)

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

Scores = NDArray[np.float32]
ENDS: tuple[End, ...] = ("most", "least")


class Scanner:
    """Looks at pictures of a collection, `at_once` of them, with a network whose other layers' outputs are not kept."""

    def __init__(self, config: Scan, backbone: Backbone) -> None:
        graph = backbone.graph
        self._axes = {layer.name: layer.channel_axis for layer in graph.layers}
        self._config, self._backbone = config, backbone
        with borrow(backbone.model):
            self._fused = fuse(graph, config.layers)
        self.at_once = max(1, min(limits.SCAN_AT_ONCE, limits.SCAN_BYTES // backbone.capture_bytes))

    def look(self, places: Iterable[int], found: Found) -> tuple[dict[Table, Entries], tuple[Skipped, ...]]:
        """Return what of the pictures at `places` enters the tables of `found`, and which could not be read."""
        read, arrays, skipped = [], [], []
        preprocessing = self._backbone.preprocessing
        for index in places:
            try:
                picture = self._config.collection.item(index).picture
            except UserError as problem:
                skipped.append(Skipped(index, problem.reason, problem.values))
            else:
                arrays.append(to_array(fit_to_input(picture, preprocessing, self._config.fit).image, preprocessing))
                read.append(index)
        if not read:
            return {}, tuple(skipped)
        batch = torch.from_numpy(np.concatenate(arrays))
        with borrow(self._backbone.model), permit(), torch.inference_mode():
            news = dict(self._news(np.array(read), batch, found))
        return news, tuple(skipped)

    def _news(self, places: NDArray[np.intp], batch: torch.Tensor, found: Found) -> Iterator[tuple[Table, Entries]]:
        output, kept = self._fused.run(batch)
        probabilities = output.softmax(dim=1).numpy()
        pairs: dict[Kind, tuple[Scores, Scores]] = {
            "logit": (output.numpy(), probabilities),
            "probability": (probabilities, output.numpy()),
        }
        for kind, (scores, beside) in pairs.items():
            for end in ENDS:
                table = Table(kind, end)
                pictures, owners = entrants(found, table, scores)
                entries = _entries(places, scores, pictures, owners)
                entries["beside"] = beside[pictures, owners]
                yield table, entries
        for layer in self._config.layers:
            maps = channels_first(self._fused.output(layer, kept), self._axes[layer])
            yield from self._of_layer(layer, places, maps, found)

    def _of_layer(
        self, layer: str, places: NDArray[np.intp], maps: torch.Tensor, found: Found
    ) -> Iterator[tuple[Table, Entries]]:
        peaks = maps.amax((2, 3)).numpy()
        for end in ENDS:
            table = Table("channel", end, layer)
            pictures, owners = entrants(found, table, peaks)
            entries = _entries(places, peaks, pictures, owners)
            # where the maximum is, is looked for only where it is wanted: soon that is rare
            entries["row"], entries["column"] = _cells(maps[torch.from_numpy(pictures), torch.from_numpy(owners)])
            yield table, entries
            if self._config.cell is not None:
                row, column = self._config.cell
                values = maps[:, :, row, column].numpy()
                table = Table("unit", end, layer)
                entries = _entries(places, values, *entrants(found, table, values))
                entries["row"], entries["column"] = row, column
                yield table, entries


def entrants(found: Found, table: Table, scores: Scores) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which `scores` (pictures, owners) enter a table: places of the pictures and of the owners.

    Of equal scores the earlier picture keeps its place, and what is no number enters nowhere.
    """
    kept = found.tables.get(table, np.empty(0, ENTRY))
    worst = thresholds(kept, scores.shape[1], found.kept, table.end)
    pictures, owners = np.nonzero(scores > worst if table.end == "most" else scores < worst)
    return pictures, owners


def _entries(places: NDArray[np.intp], scores: Scores, pictures: NDArray[np.intp], owners: NDArray[np.intp]) -> Entries:
    entries = np.zeros(len(pictures), ENTRY)
    entries["owner"], entries["score"], entries["picture"] = owners, scores[pictures, owners], places[pictures]
    entries["beside"], entries["row"], entries["column"] = np.nan, -1, -1
    return entries


def _cells(maps: torch.Tensor) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of the first maximum of each map (n, height, width), -1 where all cells are equal."""
    flat = maps.flatten(1)
    row, column = np.divmod(flat.argmax(1).numpy(), maps.shape[2])
    if flat.shape[1] > 1:
        is_even = (flat.amax(1) == flat.amin(1)).numpy()
        row[is_even] = column[is_even] = -1
    return row, column
