"""Explains merge operations: addition, multiplication, concatenation."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, fx

from core.visualization.activations.activation_capture import maps_of
from core.visualization.arithmetic.graph_values import GraphValues
from core.visualization.arithmetic.records import Merge, Part

Method = Literal["add", "subtract", "multiply", "divide"]
METHODS: dict[str, Method] = {
    **dict.fromkeys(("add",), "add"),
    **dict.fromkeys(("sub", "subtract"), "subtract"),
    **dict.fromkeys(("mul", "multiply"), "multiply"),
    **dict.fromkeys(("div", "truediv", "divide"), "divide"),
}
JOINS = frozenset({"cat", "concat", "concatenate"})


def merge(values: GraphValues, node: fx.Node, place: tuple[int, int, int]) -> Merge | None:
    """Return how one number is put together; None where a node merges in another way."""
    kind, layer = values.kind(node), values.layer(node)
    if layer is None:
        return None
    if kind in JOINS:
        return _join(values, node, place)
    if kind not in METHODS or len(node.args) != 2 or node.kwargs:
        return None
    parts = [_part(values, node, argument, place) for argument in node.args]
    return Merge(layer.name, METHODS[kind], tuple(parts))


def _part(values: GraphValues, node: fx.Node, argument: fx.node.Argument, place: tuple[int, int, int]) -> Part:
    """Return one operand; where it has a single cell or channel, that one serves all places."""
    value: Any = values.value(argument) if isinstance(argument, fx.Node) else argument
    layer, result = values.layer(node), values.value(node)
    axis = layer.channel_axis if layer else 1
    if not isinstance(value, Tensor):
        return Part(None, *place, float(value))
    number = float(maps_of(torch.broadcast_to(value, result.shape), axis)[place])
    if not isinstance(argument, fx.Node) or argument.op == "get_attr" or value.dim() != result.dim():
        return Part(None, *place, number)
    source = values.source(argument, axis)
    sizes = source.maps.shape
    channel, row, column = (min(wanted, size - 1) for wanted, size in zip(place, sizes, strict=True))
    return Part(source, channel, row, column, number)


def _join(values: GraphValues, node: fx.Node, place: tuple[int, int, int]) -> Merge | None:
    """Return which of the inputs put side by side holds a channel, and under which number."""
    layer, inputs = values.layer(node), node.args[0]
    axis = layer.channel_axis if layer else 1
    dim = node.kwargs.get("dim", node.kwargs.get("axis", node.args[1] if len(node.args) > 1 else 0))
    if layer is None or not isinstance(inputs, list | tuple) or not isinstance(dim, int):
        return None
    channel, row, column = place
    for argument in inputs:
        if not isinstance(argument, fx.Node) or dim % values.value(argument).dim() != axis:
            return None
        source = values.source(argument, axis)
        if channel < len(source.maps):
            part = Part(source, channel, row, column, float(source.maps[channel, row, column]))
            return Merge(layer.name, "join", (part,))
        channel -= len(source.maps)
    return None
