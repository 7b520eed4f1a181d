"""Extracts the features of all stages of a backbone, each channel averaged over its places, in one pass."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from core import limits
from core.architectures.graph.fused import fuse
from core.architectures.graph.layout import channels_first
from core.architectures.zoo.records import HEAD
from core.compute import permit
from core.hooks import borrow
from core.images.preprocessing import Preprocessing

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

Floats = NDArray[np.float32]

AT_ONCE = 32  # pictures, at most
TIMED_PICTURES, TIMED_PASSES = 8, 3  # a pass is timed with so many pictures, so often


@dataclass(frozen=True, eq=False)
class Features:
    """What a network makes of pictures: by the label of each stage (n, channels), and its `logits` (n, classes)."""

    stages: Mapping[str, Floats]
    logits: Floats

    def __len__(self) -> int:
        return len(self.logits)


def stage_ends(backbone: Backbone) -> dict[str, str]:
    """Return the last layer of each stage that features are taken from, by the stage's label: all but the head."""
    ends: dict[str, str] = {}
    for layer in backbone.graph.layers:
        if layer.stage != HEAD:
            ends[layer.stage] = layer.name
    return ends


def extract_features(backbone: Backbone, images: NDArray[np.uint8]) -> Iterator[Features]:
    """Yield the features of batch after batch of `images` (n, side, side, 3), in their order."""
    ends = stage_ends(backbone)
    axes = {layer.name: layer.channel_axis for layer in backbone.graph.layers}
    with borrow(backbone.model):
        network = fuse(backbone.graph, tuple(ends.values()))
    at_once = max(1, min(AT_ONCE, limits.SCAN_BYTES // backbone.capture_bytes))
    for start in range(0, len(images), at_once):
        batch = normalised(images[start : start + at_once], backbone.preprocessing)
        with borrow(backbone.model), permit(), torch.inference_mode():
            logits, kept = network.run(batch)
            stages = {
                stage: channel_means(network.output(layer, kept), axes[layer]).numpy() for stage, layer in ends.items()
            }
        yield Features(stages, logits.numpy())


def concatenate(parts: list[Features]) -> Features:
    """Return the features of several batches as one."""
    stages = {stage: np.concatenate([part.stages[stage] for part in parts]) for stage in parts[0].stages}
    return Features(stages, np.concatenate([part.logits for part in parts]))


def seconds_of_a_pass(backbone: Backbone, images: NDArray[np.uint8]) -> float:
    """Return what one of `images` (n, side, side, 3) takes to pass: the least of some times, which all else adds to."""
    batch, times = normalised(images[:TIMED_PICTURES], backbone.preprocessing), []
    for _ in range(TIMED_PASSES):
        with borrow(backbone.model), permit(), torch.inference_mode():
            begun = time.monotonic()
            backbone.model(batch)
            times.append(time.monotonic() - begun)
    return min(times) / len(batch)


def normalised(images: NDArray[np.uint8], preprocessing: Preprocessing) -> torch.Tensor:
    """Return images (n, side, side, 3) as the network takes them, (n, 3, side, side) float32."""
    batch = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    mean = 255 * torch.tensor(preprocessing.mean)[:, None, None]
    std = 255 * torch.tensor(preprocessing.std)[:, None, None]
    return batch.sub_(mean).div_(std)


def channel_means(output: torch.Tensor, channel_axis: int) -> torch.Tensor:
    """Return the mean of each channel over all places, (n, channels)."""
    return output if output.dim() == 2 else channels_first(output, channel_axis).flatten(2).mean(2)
