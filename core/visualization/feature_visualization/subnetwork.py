"""The subnetwork up to some layers, prepared for many forward and backward passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import fx

from core.architectures.graph.fused import copy_of, finish
from core.architectures.graph.layout import channels_first
from core.architectures.graph.tracing import ACTIVATION_FUNCTIONS, BOOKKEEPING, ROLES, key_of, kind_of
from core.architectures.loading import Backbone
from core.hooks import borrow
from core.visualization.feature_visualization.objectives import LOGITS

BENDING = ACTIVATION_FUNCTIONS - {"softmax"}
PASSING_ON = BOOKKEEPING - {"getattr", "size", "dim", "floordiv", "eq"} | {"cat", "dropout", "identity"}


@dataclass(frozen=True, eq=False)
class Subnetwork:
    """Maps a batch to the outputs of `layers`, with weights of its own; nothing else of the network is computed.

    Its values are the network's own up to rounding, except that an activation function from which a layer's output
    follows directly, or through pooling and joining only, is left out: where it is flat, as a ReLU below zero, no
    gradient would say how to leave there. What such an output is measured by is thus what enters the activation.
    """

    module: fx.GraphModule
    layers: tuple[str, ...]
    channel_axes: Mapping[str, int]
    number_type: torch.dtype = torch.float32

    def __call__(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the outputs by layer, float32 (pictures, channels, height, width), with their gradient's history."""
        outputs = self.module(batch.to(self.number_type))
        return {
            layer: channels_first(output.float(), self.channel_axes[layer])
            for layer, output in zip(self.layers, outputs, strict=True)
        }


def quickest_type() -> torch.dtype:
    """Return the numbers that this processor convolves quickest: bfloat16 where it has instructions for it.

    Those have the range of float32 and eight bits of precision, enough for the direction of a step.
    """
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def subnetwork(backbone: Backbone, layers: Iterable[str], number_type: torch.dtype = torch.float32) -> Subnetwork:
    """Return the part of `backbone` that `layers` follow from; `LOGITS` among them is the network's output.

    It computes with numbers of `number_type`. The backbone is left as it is. Raises `KeyError` for a layer that is not
    there.
    """
    names = tuple(sorted(layers))
    graph = backbone.graph
    axes = {LOGITS: 1, **{layer.name: layer.channel_axis for layer in graph.layers}}
    with borrow(backbone.model):
        module, nodes, answer = copy_of(graph)
        wanted = [answer if name == LOGITS else nodes[name] for name in names]
        if graph.overwritten is not None:
            bypass = _Bypass(module)
            wanted = [bypass.before_activation(node) for node in wanted]
        finish(graph, module, wanted, number_type)
    return Subnetwork(module, names, {name: axes[name] for name in names}, number_type)


class _Bypass:
    """Finds what to measure instead of a node, so that no activation function follows it."""

    def __init__(self, module: fx.GraphModule) -> None:
        self._modules = dict(module.named_modules())
        self._found: dict[fx.Node, fx.Node] = {}

    def before_activation(self, node: fx.Node) -> fx.Node:
        """Return the node to measure instead of `node`; one that only passes on is computed anew where it has to be."""
        if node not in self._found:
            self._found[node] = self._find(node)
        return self._found[node]

    def _find(self, node: fx.Node) -> fx.Node:
        if node.op not in {"call_module", "call_function", "call_method"}:
            return node
        key = key_of(kind_of(node, self._modules))
        if key in BENDING and len(node.all_input_nodes) == 1:
            return node.all_input_nodes[0]
        if key not in PASSING_ON and not key.startswith(tuple(ROLES["pooling"])):
            return node
        instead = {source: self.before_activation(source) for source in node.all_input_nodes}
        if all(new is old for old, new in instead.items()):
            return node
        with node.graph.inserting_after(node):
            return node.graph.node_copy(node, instead.__getitem__)
