"""The network's responses to finished images: logits, and one layer's maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.architectures.graph.layout import channels_first
from core.compute import permit
from core.hooks import borrow

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Maps
    from core.visualization.feature_visualization.records import Pixels

FAINTEST = 1e-12


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network answers to one picture: `logits` (classes,), and `maps` (channels, height, width) of a layer."""

    logits: NDArray[np.float32]
    maps: Maps


def answers(backbone: Backbone, pixels: Pixels, layer: str) -> tuple[Answer, ...]:
    """Return what `backbone` answers to pictures of the size it receives, uint8 (pictures, side, side, 3).

    They are normalised as the network wants it, and not resized. Raises `KeyError` for an unknown layer, `UserError`
    when the server stays busy.
    """
    import torch

    from core.architectures.graph.capture import layer_output

    wanted = backbone.preprocessing
    mean, std = (np.array(values, dtype=np.float32) for values in (wanted.mean, wanted.std))
    batch = torch.from_numpy(((pixels.astype(np.float32) / 255 - mean) / std).transpose(0, 3, 1, 2).copy())
    graph = backbone.graph
    axis = {layer.name: layer.channel_axis for layer in graph.layers}[layer]
    with borrow(backbone.model), permit(), torch.inference_mode():
        output, kept = graph.run(batch)
        values = layer_output(layer, kept, graph.recipes)
    maps = channels_first(values, axis)
    return tuple(Answer(logits.numpy(), map_.numpy()) for logits, map_ in zip(output, maps, strict=True))


def closest(maps: Maps, weights: NDArray[np.float32]) -> float:
    """Return the largest cosine between a cell of `maps` and `weights`, one number a channel; 0 where all is 0."""
    cells = maps.reshape(len(weights), -1)
    lengths = np.linalg.norm(weights) * np.linalg.norm(cells, axis=0)
    return float((weights @ cells / np.maximum(lengths, FAINTEST)).max())
