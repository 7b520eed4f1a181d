"""Searches a collection for the images with the highest and lowest activations, as a stream of events.

What is kept is a score, the picture's place and the cell of the maximum, so that memory does not grow with the
collection. Every channel of a layer, every class, and one unit of each channel are searched for in the same pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
from core.visualization.dataset_examples.ranking import Found, FoundEvent, Scan


def scan(config: Scan) -> Iterator[FoundEvent]:
    """Yield the events of a search, for which the network is loaded first. Raises `UserError`."""
    yield FoundEvent(step=0, total_steps=None)
    from core.architectures.loading import load

    yield from search(config, load(config.backbone, config.weights, config.seed))


def search(config: Scan, backbone: Backbone) -> Iterator[FoundEvent]:
    """Yield the events of a search with a backbone that is loaded already, and shared; it is borrowed for each batch.

    A picture that cannot be read is skipped and named. Scores depend on the way the pictures are batched by no more
    than rounding. Raises `KeyError` for a layer that there is not, `UserError` when the server stays busy.
    """
    from core.visualization.dataset_examples.scanner import Scanner

    scanner = Scanner(config, backbone)
    found = Found(config.kept)
    total = len(config.collection) if config.first is None else min(config.first, len(config.collection))
    yield FoundEvent(step=0, total_steps=total)
    for start in range(0, total, scanner.at_once):
        places = range(start, min(total, start + scanner.at_once))
        news, skipped = scanner.look(places, found)
        event = FoundEvent(step=places.stop, total_steps=total, news=news, skipped=skipped)
        found.add([event])
        yield event
