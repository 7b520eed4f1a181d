"""Activation maximisation of a class, channel, unit or direction, as a stream of events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
from core.visualization.feature_visualization.records import Frame, Maximisation


def maximise(config: Maximisation) -> Iterator[Frame]:
    """Yield frames of the pictures in the making, the noise they begin with first, and `Made` last.

    Works on a network of its own, whose weights are at hand. The pictures that come last are those with the highest
    score, judged without random changes at each frame. Raises `DownloadError` where the weights are missing.
    """
    from core.architectures.loading import load
    from core.compute import prepare

    prepare()
    yield from ascend(load(config.backbone, config.weights, config.weights_seed), config)


def ascend(backbone: Backbone, config: Maximisation) -> Iterator[Frame]:
    """Yield the same with a loaded backbone, which is left as it is."""
    from core.visualization.feature_visualization.gradient_ascent import Ascent

    ascent = Ascent(backbone, config)
    yield ascent.frame()
    while ascent.step < config.steps:
        for _ in range(min(config.frame_every, config.steps - ascent.step)):
            ascent.climb()
        yield ascent.frame()
    yield ascent.made()
