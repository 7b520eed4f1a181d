"""The target of a layer: its pre-activation, after normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.architectures.graph.capture import LayerGraph
    from core.architectures.graph.tracing import Layer


def target_layer_of(graph: LayerGraph, layer: Layer) -> str:
    """Return the layer whose output stands for the channels of `layer`.

    A convolution, its normalisation and its activation function are one thing with the same channels. What enters the
    activation function is measured: behind a ReLU, nothing would say how to wake a channel that is silent.
    """
    if layer.before is not None:
        return layer.before
    if layer.role != "convolution":
        return layer.name
    followers = [name for name, recipe in graph.recipes.items() if recipe.source == layer.name]
    kinds = {other.name: other.role for other in graph.layers}
    return followers[0] if [kinds[name] for name in followers] == ["normalisation"] else layer.name
