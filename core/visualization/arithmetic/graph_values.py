"""The values of graph nodes for one image: the inputs of each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx, nn

from core.architectures.graph.capture import layer_output
from core.architectures.graph.operation import Operation
from core.architectures.graph.tracing import Layer, key_of, kind_of
from core.visualization.activations.activation_capture import maps_of
from core.visualization.arithmetic.records import Source

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.images.preprocessing import FloatArray
    from core.visualization.activations.activation_capture import Activations

SEE_THROUGH = frozenset({"stochasticdepth", "contiguous", "detach", "clone"})
"""Operations that are no layers to look at and change no number when nothing is trained."""


class GraphValues:
    """The graph of a backbone with the values of one picture; `batch` is that, preprocessed: (1, 3, height, width).

    Values come from the activations; what those leave out (parts, shuffles) is made anew from them, without the model.
    Like a recipe of the activations it only reads the model's frozen weights: that needs no lock and no permit, and so
    never waits behind forward passes.
    """

    def __init__(self, backbone: Backbone, activations: Activations, batch: FloatArray) -> None:
        graph = backbone.graph
        found: dict[str, fx.Node] = {node.name: node for node in graph.module.graph.nodes}
        self._layers = {found[graph.nodes[layer.name]]: layer for layer in graph.layers}
        self._nodes = {layer.name: node for node, layer in self._layers.items()}
        self._activations = activations
        self._module = graph.module
        self._modules: Mapping[str, nn.Module] = dict(graph.module.named_modules())
        self._interpreter = fx.Interpreter(graph.module, garbage_collect_values=False)
        self._values: dict[fx.Node, Any] = {
            node: torch.from_numpy(batch) for node in graph.module.graph.find_nodes(op="placeholder")
        }

    def node(self, layer: str) -> fx.Node:
        """Return the node that computes a layer; raises `KeyError` where there is no such layer."""
        return self._nodes[layer]

    def layer(self, node: fx.Node) -> Layer | None:
        """Return the layer that a node computes; None for the picture, and for what only rearranges."""
        return self._layers.get(node)

    def kind(self, node: fx.Node) -> str:
        """Return the kind of operation, spelled alike for modules and functions."""
        return "" if node.op in {"placeholder", "get_attr", "output"} else key_of(kind_of(node, self._modules))

    def before(self, node: fx.Node) -> fx.Node | None:
        """Return the node whose number a pointwise one works on, seen through what changes none."""
        source = node.args[0] if node.args else None
        while isinstance(source, fx.Node) and self.kind(source) in SEE_THROUGH:
            source = source.args[0]
        return source if isinstance(source, fx.Node) else None

    def value(self, node: fx.Node) -> Any:
        """Return what a node puts out: a tensor, or whatever else."""
        if node not in self._values:
            layer = self._layers.get(node)
            if layer is not None and layer.name in self._activations.shapes:
                with torch.inference_mode():
                    found = layer_output(layer.name, self._activations.kept, self._activations.recipes)
            else:
                found = self._computed(node)
            self._values[node] = found
        return self._values[node]

    def operation(self, node: fx.Node) -> Operation:
        """Return the operation of a node with the values that it was given and its result."""
        args, kwargs = self._arguments(node)
        module = self._modules[str(node.target)] if node.op == "call_module" else None
        return Operation(self.kind(node), module, node.target, args, kwargs, self.value(node))

    def apply(self, node: fx.Node, value: Tensor) -> Tensor:
        """Return what a pointwise node would make of `value`, in the precision of its weights where it has any."""
        args, kwargs = self._arguments(node)
        own = self._modules[str(node.target)].parameters() if node.op == "call_module" else ()
        weights = [*own, *(given for given in args[1:] if isinstance(given, Tensor))]
        with torch.inference_mode():
            result: Tensor = self._run(node, (value.to(weights[0].dtype) if weights else value, *args[1:]), kwargs)
        return result

    def source(self, node: fx.Node, channel_axis: int = 1) -> Source:
        """Return where the numbers of a node come from; its channels are along `channel_axis` of four axes."""
        value: Tensor = self.value(node)
        origin = node
        while origin not in self._layers and origin.all_input_nodes:
            origin = origin.all_input_nodes[0]
        layer = self._layers.get(origin)
        is_direct = origin is node or self._only_moves(node, origin)
        shape = self._activations.shapes.get(layer.name) if layer else None
        is_flat = value.dim() == 2 and shape is not None and shape[1:] != (1, 1) and value.numel() == _count(shape)
        return Source(
            layer=layer.name if layer else None,
            maps=maps_of(value, channel_axis),
            is_whole=is_direct or is_flat,
            flattened=shape if is_flat else None,
        )

    def _only_moves(self, node: fx.Node, origin: fx.Node) -> bool:
        """Return whether all channels of `origin` come through to `node` under their own numbers."""
        while node is not origin:
            if self.kind(node) not in SEE_THROUGH | {"permute", "flatten"}:
                return False
            node = node.all_input_nodes[0]
        return True

    def _computed(self, node: fx.Node) -> Any:
        args, kwargs = self._arguments(node)
        with torch.inference_mode():
            return self._run(node, args, kwargs)

    def _run(self, node: fx.Node, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if node.op == "call_module":
            return self._modules[str(node.target)].forward(*args, **kwargs)  # not called: hooks are others' business
        return getattr(self._interpreter, node.op)(node.target, args, kwargs)

    def _arguments(self, node: fx.Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args: tuple[Any, ...] = fx.node.map_arg(node.args, self.value)
        kwargs: dict[str, Any] = fx.node.map_arg(node.kwargs, self.value)
        return args, kwargs


def _count(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())
