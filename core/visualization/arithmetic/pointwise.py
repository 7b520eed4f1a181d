"""Explains pointwise operations: normalisation, activation functions, identities."""

from __future__ import annotations

import numpy as np
import torch
from torch import fx, nn

from core.architectures.graph.operation import Operation
from core.architectures.graph.tracing import ACTIVATION_FUNCTIONS
from core.visualization.arithmetic.graph_values import GraphValues
from core.visualization.arithmetic.records import Activated, Normalised, Step, Unchanged

UNCHANGING = frozenset({"dropout", "dropout2d", "alphadropout", "featurealphadropout", "identity"})


def is_step(values: GraphValues, node: fx.Node) -> bool:
    """Return whether a node is a layer whose every number follows from the number at the same place."""
    kind = values.kind(node)
    if kind == "batchnorm2d":
        module = values.operation(node).module
        return isinstance(module, nn.BatchNorm2d) and module.running_mean is not None
    return kind in ACTIVATION_FUNCTIONS - {"softmax"} or kind in UNCHANGING


def is_layer_norm(values: GraphValues, node: fx.Node) -> bool:
    """Return whether a node normalises by the channels at each place, the last axis."""
    if values.kind(node) != "layernorm":
        return False
    return len(tuple(values.operation(node).value("normalized_shape", 1))) == 1


def step(values: GraphValues, node: fx.Node, before: float, channel: int) -> Step:
    """Return what a node does with the number `before`, of a channel; `is_step` says that it can be told."""
    layer, kind = values.layer(node), values.kind(node)
    name = layer.name if layer else ""
    if kind == "batchnorm2d":
        return _batch_norm(values.operation(node), name, before, channel)
    if kind in UNCHANGING:
        return Unchanged(name, before, kind)
    channels = values.value(node).shape[layer.channel_axis if layer else 1]
    value = torch.full((1, channels, 1, 1), before, dtype=torch.float64)
    return Activated(name, before, kind, float(values.apply(node, value)[0, channel, 0, 0]))


def _batch_norm(operation: Operation, layer: str, before: float, channel: int) -> Normalised:
    module = operation.module
    if not isinstance(module, nn.BatchNorm2d) or module.running_mean is None or module.running_var is None:
        raise TypeError(f"{layer} has no statistics of its own")
    return Normalised(
        layer=layer,
        before=before,
        mean=float(module.running_mean[channel]),
        variance=float(module.running_var[channel]),
        epsilon=module.eps,
        scale=1.0 if module.weight is None else float(module.weight[channel]),
        shift=0.0 if module.bias is None else float(module.bias[channel]),
    )


def layer_norm(values: GraphValues, node: fx.Node, place: tuple[int, int, int]) -> Normalised:
    """Return a layer normalisation at one place; mean and variance are those of its channels, in float64."""
    operation, layer = values.operation(node), values.layer(node)
    channel, row, column = place
    numbers = values.source(node.all_input_nodes[0], operation.source.dim() - 1).maps[:, row, column].astype(np.float64)
    scale, shift = operation.value("weight", 2), operation.value("bias", 3)
    return Normalised(
        layer=layer.name if layer else "",
        before=float(numbers[channel]),
        mean=float(numbers.mean()),
        variance=float(numbers.var()),
        epsilon=float(operation.value("eps", 4, 1e-5)),
        scale=1.0 if scale is None else float(scale[channel]),
        shift=0.0 if shift is None else float(shift[channel]),
        of_place=True,
    )
