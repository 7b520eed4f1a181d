"""Searching a collection beside the bare forward pass in batches of the same size: pictures a second.

The search counts all it does: getting each picture, resizing and normalising it, the pass, the maxima of every channel
of a layer, the classes, and the tables. The bare pass gets its batches ready-made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Row, figure, in_fresh_process, paired, spread, timed

if TYPE_CHECKING:
    from core.visualization.dataset_examples.image_collections import Collection, Item

TOPIC = "visualization"
BOUND = ">= 0.8"
SEARCHES = (  # backbone, layer, collection, pictures, whether the bound is meant
    ("resnet18", "layer2.1.relu_1", "photographs", 128, True),
    ("mobilenet_v2", "features.6.conv.1.0", "photographs", 128, True),
    ("tiny_resnet", "stage2.block2.relu", "small", 512, True),
    ("tiny_resnet", "stage2.block2.relu", "photographs", 190, False),
)
PAIRS, WARM_UP = 5, 1


@dataclass(frozen=True)
class Small:
    """`count` pictures of 32 × 32 pixels, as CIFAR-10 has them."""

    count: int

    @property
    def identity(self) -> str:
        """Return a text that stands for them."""
        return f"small {self.count}"

    def __len__(self) -> int:
        return self.count

    def item(self, index: int) -> Item:
        """Return one picture, which looks like the others but differs."""
        from PIL import Image

        from core.images.picture import Picture
        from core.visualization.dataset_examples.image_collections import WHOLE, Item

        values = np.random.default_rng(index).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        picture = Picture(str(index), str(index), 32, 32, "PNG", Image.fromarray(values))
        return Item(picture, picture, WHOLE, str(index))

    def source(self, index: int) -> int:
        """Return a number of its own for each picture."""
        return index


def measure() -> Iterable[Row]:
    """Return for each search the share of the bare pass's pictures a second that it reaches."""
    for backbone, layer, collection, count, is_bound in SEARCHES:
        yield in_fresh_process(measure_search, backbone, layer, collection, count, is_bound)


def measure_search(name: str, layer: str, kind: str, count: int, is_bound: bool) -> Row:
    """Return the row of one search; in a process of its own, prepared as the app prepares it."""
    from core.compute import prepare

    prepare()
    import torch

    from core.architectures.loading import load
    from core.visualization.dataset_examples.image_collections import SampleTiles
    from core.visualization.dataset_examples.ranking import Found, Scan
    from core.visualization.dataset_examples.scanner import Scanner
    from core.visualization.dataset_examples.search import search

    backbone = load(name)
    collection: Collection = SampleTiles() if kind == "photographs" else Small(count)
    count = min(count, len(collection))
    scan = Scan(collection=collection, backbone=name, layers=(layer,), first=count)
    at_once = Scanner(scan, backbone).at_once
    side = backbone.preprocessing.crop
    batches = [torch.randn(min(at_once, count - start), 3, side, side) for start in range(0, count, at_once)]

    def bare() -> None:
        with torch.inference_mode():
            for batch in batches:
                backbone.model(batch)

    found = paired(timed(lambda: Found().add(search(scan, backbone))), timed(bare), PAIRS, WARM_UP)
    ours, theirs = (figure(1000 * count / float(np.median(side))) for side in (found.baseline, found.measured))
    return Row(
        topic=TOPIC,
        name=f"scan_{name}_{kind}",
        value=found.ratio,  # what the bare pass takes, in what the search takes
        unit="ratio",
        versus="the bare pass",
        bound=BOUND if is_bound else "",
        note=f"{ours} to {theirs} pictures a CPU second in batches of {at_once}; reading and preprocessing count, "
        f"the bare pass has none; {spread(found.ratios)}; {PAIRS} pairs",
    )
