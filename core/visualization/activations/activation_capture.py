"""The activations of all layers of a backbone for one image, from one forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import limits
from core.architectures.graph.layout import channels_first
from core.compute import permit
from core.hooks import borrow
from core.images.picture import Picture
from core.images.preprocessing import Fit, fit_to_input, to_array

if TYPE_CHECKING:
    import torch

    from core.architectures.graph.capture import Recompute
    from core.architectures.graph.tracing import Layer
    from core.architectures.loading import Backbone

Maps = NDArray[np.float32]
Captured = tuple["torch.Tensor", Mapping[str, "torch.Tensor"], Mapping[str, "torch.Tensor"]]
"""The network's output, the outputs that show maps, or their outlines without memory, and where their values are."""


@dataclass(frozen=True, eq=False)
class Activations:
    """The outputs of all layers for one picture, in the order the data takes.

    `shapes` gives (channels, height, width) by layer; a vector of C numbers is C maps of 1×1. `logits` are the
    network's outputs before the softmax, one per class.
    """

    layers: tuple[Layer, ...]
    shapes: Mapping[str, tuple[int, int, int]]
    logits: NDArray[np.float32]
    kept: Mapping[str, torch.Tensor]
    recipes: Mapping[str, Recompute]

    @property
    def bytes(self) -> int:
        """Return how much memory the stored tensors take; shared storage counts once."""
        from core.architectures.graph.checkpointing import CheckpointedActivations, storage_bytes

        return self.kept.bytes if isinstance(self.kept, CheckpointedActivations) else storage_bytes(self.kept.values())

    def layer(self, name: str) -> Layer:
        """Return the description of the layer `name`; raises `KeyError` where there is none."""
        return next((layer for layer in self.layers if layer.name == name), None) or _no_layer(name)

    def maps(self, name: str) -> Maps:
        """Return the activation maps of a layer, float32 (channels, height, width), read-only.

        Raises `KeyError` for a layer that was not captured.
        """
        from core.architectures.graph.capture import layer_output

        axis = self.layer(name).channel_axis
        import torch

        # Without a permit: what is recomputed takes less than drawing it, and must not wait behind forward passes.
        with torch.inference_mode():
            return maps_of(layer_output(name, self.kept, self.recipes), axis)


def capture(backbone: Backbone, picture: Picture, fit: Fit = "crop") -> Activations:
    """Return what every layer of `backbone` computes from `picture`, made to `fit` its input ("crop", "letterbox").

    The values are exactly those of a bare forward pass. Where they would take more than `limits.CAPTURE_BYTES`, one
    segment of layers is held at a time. Raises `UserError` when the server stays busy.
    """
    import torch

    preprocessing = backbone.preprocessing
    batch = torch.from_numpy(to_array(fit_to_input(picture, preprocessing, fit).image, preprocessing))
    graph = backbone.graph
    is_large = backbone.capture_bytes > limits.CAPTURE_BYTES and graph.overwritten is not None
    with borrow(backbone.model), permit(), torch.inference_mode():
        output, outlines, kept = _in_segments(backbone, batch) if is_large else _whole(backbone, batch)
    origins = {layer.name: _origin(layer.name, graph.recipes) for layer in graph.layers}
    layers = tuple(layer for layer in graph.layers if origins[layer.name] in outlines)
    logits: NDArray[np.float32] = output[0].numpy()
    logits.flags.writeable = False
    return Activations(
        layers=layers,
        shapes={
            layer.name: _shape(outlines[_origin(layer.name, graph.recipes)], layer.channel_axis) for layer in layers
        },
        logits=logits,
        kept=kept,
        recipes=graph.recipes,
    )


def _whole(backbone: Backbone, batch: torch.Tensor) -> Captured:
    output, outputs = backbone.graph.run(batch)
    kept = {name: tensor for name, tensor in outputs.items() if _shows_maps(tensor)}
    return output, kept, kept


def _in_segments(backbone: Backbone, batch: torch.Tensor) -> Captured:
    from core.architectures.graph.checkpointing import CheckpointedActivations

    segments = CheckpointedActivations(backbone.graph, backbone.model, batch, limits.SEGMENT_BYTES)
    outlines = {name: outline for name, outline in segments.outlines.items() if outline is not None}
    outlines = {name: outline for name, outline in outlines.items() if _shows_maps(outline)}
    return segments.output, outlines, segments


def _no_layer(name: str) -> Layer:
    raise KeyError(name)


def _origin(name: str, recipes: Mapping[str, Recompute]) -> str:
    """Return the stored layer from which the layer `name` is recomputed; itself where it is stored."""
    while name in recipes:
        name = recipes[name].source
    return name


def _shows_maps(value: object) -> bool:
    """Return whether a layer's output is one picture's maps or vector; tuples and shuffled views are not."""
    import torch

    return isinstance(value, torch.Tensor) and value.dim() in {2, 4} and value.shape[0] == 1


def _shape(tensor: torch.Tensor, channel_axis: int) -> tuple[int, int, int]:
    channels, height, width = channels_first(tensor, channel_axis)[0].shape
    return int(channels), int(height), int(width)


def maps_of(tensor: torch.Tensor, channel_axis: int = 1) -> Maps:
    """Return one picture's maps, float32 (channels, height, width); a vector is maps of 1×1."""
    maps: Maps = channels_first(tensor, channel_axis)[0].numpy()
    maps.flags.writeable = False
    return maps
