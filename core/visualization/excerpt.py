"""The part of a network that a few of its layers follow from, made for many passes forwards and backwards."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.architectures.capture import LayerGraph
from core.architectures.layers import ACTIVATION_FUNCTIONS, BOOKKEEPING, ROLES, key_of, kind_of
from core.architectures.loading import Backbone
from core.hooks import borrow
from core.visualization.objectives import LOGITS

BENDING = ACTIVATION_FUNCTIONS - {"softmax"}
PASSING_ON = BOOKKEEPING - {"getattr", "size", "dim", "floordiv", "eq"} | {"cat", "dropout", "identity"}


@dataclass(frozen=True, eq=False)
class Excerpt:
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
            layer: _as_maps(output.float(), self.channel_axes[layer])
            for layer, output in zip(self.layers, outputs, strict=True)
        }


def quickest_type() -> torch.dtype:
    """Return the numbers that this processor convolves quickest: bfloat16 where it has instructions for it.

    Those have the range of float32 and eight bits of precision, enough for the direction of a step.
    """
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def excerpt(backbone: Backbone, layers: Iterable[str], number_type: torch.dtype = torch.float32) -> Excerpt:
    """Return the part of `backbone` that `layers` follow from; `LOGITS` among them is the network's output.

    It computes with numbers of `number_type`. The backbone is left as it is. Raises `KeyError` for a layer that is not
    there.
    """
    names = tuple(sorted(layers))
    axes = {LOGITS: 1, **{layer.name: layer.channel_axis for layer in backbone.graph.layers}}
    with borrow(backbone.model):
        graph = backbone.graph
        part, wanted = _copy(graph, names)
        module = fx.GraphModule(graph.module, part)
        if graph.fragile is not None:
            bypass = _Bypass(module)
            wanted = [bypass.before_activation(node) for node in wanted]
        part.output(tuple(_kept_apart(node, part) for node in wanted))
        _drop_unused(part, graph.fragile is not None)
        _fuse(module)
        _own_weights(module, number_type)
        module.delete_all_unused_submodules()
        module.recompile()
    return Excerpt(module, names, {name: axes[name] for name in names}, number_type)


def _copy(graph: LayerGraph, layers: tuple[str, ...]) -> tuple[fx.Graph, list[fx.Node]]:
    """Return a copy of a graph without its output, and the nodes in it that compute `layers`."""
    part = fx.Graph()
    twins: dict[fx.Node, fx.Node] = {}
    nodes = list(graph.module.graph.nodes)
    part.graph_copy(graph.module.graph, twins)
    result, kept = nodes[-1].args[0]
    if graph.fragile is None:  # its layers' own nodes may be overwritten later on, the copies that it keeps are not
        by_layer = dict(zip(graph.kept, kept, strict=True))
    else:
        by_name = {node.name: node for node in nodes}
        by_layer = {layer: by_name[name] for layer, name in graph.nodes.items()}
    return part, [twins[{LOGITS: result, **by_layer}[layer]] for layer in layers]


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


def _kept_apart(node: fx.Node, graph: fx.Graph) -> fx.Node:
    """Return a node whose value nothing overwrites."""
    if not node.users:
        return node
    with graph.inserting_after(node):
        return graph.call_function(torch.clone, (node,))


def _drop_unused(graph: fx.Graph, is_functional: bool) -> None:
    """Erase what the output does not follow from; of a graph that overwrites values, only what comes after it."""
    for node in reversed(list(graph.nodes)):
        if node.op in {"output", "placeholder"}:
            continue
        if not node.users:
            graph.erase_node(node)
        elif not is_functional:
            return


def _fuse(module: fx.GraphModule) -> None:
    """Take each normalisation into the convolution before it, where that serves nothing else."""
    for node in list(module.graph.nodes):
        norm = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        (before,) = node.all_input_nodes
        if before.op != "call_module" or list(before.users) != [node]:
            continue
        convolution = module.get_submodule(str(before.target))
        if isinstance(convolution, nn.Conv2d) and norm.running_mean is not None:
            before.target = f"{before.target}_with_{node.name}"
            module.add_submodule(before.target, fuse_conv_bn_eval(convolution, norm))
            node.replace_all_uses_with(before)
            module.graph.erase_node(node)


def _own_weights(module: fx.GraphModule, number_type: torch.dtype) -> None:
    """Give weights of their own to what needs them of another type or order; convolutions are fastest channels last."""
    for node in module.graph.find_nodes(op="call_module"):
        shared = module.get_submodule(node.target)
        is_convolution = isinstance(shared, nn.Conv2d)
        if is_convolution or (number_type != torch.float32 and any(True for _ in shared.state_dict())):
            own = copy.deepcopy(shared).requires_grad_(False).to(number_type)
            if is_convolution:
                own = own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            node.target = f"{node.target}_own"
            module.add_submodule(node.target, own)
    if number_type != torch.float32:
        for node in module.graph.find_nodes(op="get_attr"):
            _convert(node, number_type)


def _convert(node: fx.Node, number_type: torch.dtype) -> None:
    """Let all that use a weight that belongs to no module have it in another type."""
    with node.graph.inserting_after(node):
        own = node.graph.call_method("to", (node, number_type))
    node.replace_all_uses_with(own, delete_user_cb=lambda user: user is not own)


def _as_maps(output: torch.Tensor, channel_axis: int) -> torch.Tensor:
    return output[:, :, None, None] if output.dim() == 2 else output.movedim(channel_axis, 1)
