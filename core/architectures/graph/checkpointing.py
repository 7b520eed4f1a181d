"""Activation checkpointing: captures networks too large for memory, one segment of layers at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from core.architectures.graph.capture import LayerGraph
from core.compute import permit
from core.hooks import borrow

Values = dict[fx.Node, Any]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """From which node on a pass can go on, and all that is needed for it."""

    place: int
    values: Values


class CheckpointedActivations(Mapping[str, torch.Tensor]):
    """The outputs of the kept layers of a graph, of which one segment of at most about `segment_bytes` is held.

    Making it is one forward pass, which keeps only what later segments start from; whoever makes it has borrowed
    `model`, which the graph belongs to. Looking at a layer of another segment computes that segment anew, bit for bit.
    The graph is one that can be run in parts: its `overwritten` is not None. `output` is the model's output; `outlines`
    maps each kept layer to a tensor of its shape without memory, or to None where its output is no tensor.
    (Chen et al. 2016, arXiv:1604.06174, save memory in training the same way.)
    """

    def __init__(self, graph: LayerGraph, model: nn.Module, batch: torch.Tensor, segment_bytes: int) -> None:
        (end,) = graph.module.graph.find_nodes(op="output")
        (start,) = graph.module.graph.find_nodes(op="placeholder")
        result, kept = end.args[0]
        self._model, self._module, self._fragile = model, graph.module, graph.overwritten or frozenset()
        self._nodes = [node for node in graph.module.graph.nodes if node is not end]
        self._names: dict[fx.Node, str] = dict(zip(kept, graph.kept, strict=True))
        self._dead_after = last_uses(self._nodes, result)
        self._checkpoints = [Checkpoint(0, {start: batch})]
        self._segment_of: dict[str, int] = {}
        self._held: Mapping[str, torch.Tensor] = {}
        self._lock = threading.Lock()
        self.outlines: dict[str, torch.Tensor | None] = {}
        self.output, self.bytes = self._first_pass(result, segment_bytes)

    def __getitem__(self, name: str) -> torch.Tensor:
        """Return the output of a kept layer, computing its segment unless that is held. Raises `KeyError`."""
        segment = self._segment_of[name]
        with self._lock:
            if name not in self._held:
                self._held = {}  # the old segment makes room before the new one is computed
                self._held = self._compute(segment)
            return self._held[name]

    def __contains__(self, name: object) -> bool:
        """Return whether a layer is kept; computes nothing."""
        return name in self._segment_of

    def __iter__(self) -> Iterator[str]:
        """Return the names of the kept layers in the order the data takes."""
        return iter(self._segment_of)

    def __len__(self) -> int:
        """Return how many layers are kept."""
        return len(self._segment_of)

    def _first_pass(self, result: fx.Node, segment_bytes: int) -> tuple[torch.Tensor, int]:
        """Return the output, and the most memory that is held later: checkpoints, the longest segment, the weights."""
        size = longest = 0
        values: Values = {}
        for place, node, value, values in self._walk(self._checkpoints[0]):
            if node in self._names:
                self._segment_of[self._names[node]] = len(self._checkpoints) - 1
                self.outlines[self._names[node]] = value.to("meta") if isinstance(value, torch.Tensor) else None
                size += value.nbytes if isinstance(value, torch.Tensor) else 0
                longest = max(longest, size)
            if size >= segment_bytes and not any(alive.name in self._fragile for alive in values):
                self._checkpoints.append(Checkpoint(place + 1, dict(values)))
                size = 0
        output: torch.Tensor = values[result]
        carried = [value for checkpoint in self._checkpoints for value in checkpoint.values.values()]
        weights = (*self._model.parameters(), *self._model.buffers())
        return output, longest + storage_bytes(carried) + storage_bytes(weights)

    def _compute(self, segment: int) -> dict[str, torch.Tensor]:
        wanted = [name for name, place in self._segment_of.items() if place == segment]
        held: dict[str, torch.Tensor] = {}
        with borrow(self._model), permit(), torch.inference_mode():
            for _place, node, value, _values in self._walk(self._checkpoints[segment]):
                if node in self._names:
                    held[self._names[node]] = value
                if len(held) == len(wanted):
                    break
        return held

    def _walk(self, checkpoint: Checkpoint) -> Iterator[tuple[int, fx.Node, Any, Values]]:
        """Yield each node from a checkpoint on: its place, itself, its value, and all values still needed after it."""
        interpreter = fx.Interpreter(self._module, garbage_collect_values=False)
        interpreter.env = values = dict(checkpoint.values)
        for index in range(checkpoint.place, len(self._nodes)):
            node = self._nodes[index]
            value = values[node] if node.op == "placeholder" else interpreter.run_node(node)
            values[node] = value
            for dead in self._dead_after.get(node, ()):
                del values[dead]
            yield index, node, value, values


def last_uses(nodes: Iterable[fx.Node], result: fx.Node) -> dict[fx.Node, list[fx.Node]]:
    """Return which values nobody needs any more after each node; the network's result is needed to the end."""
    order = {node: index for index, node in enumerate(nodes)}
    last: dict[fx.Node, list[fx.Node]] = {}
    for node in order:
        if node is not result:
            users = [user for user in node.users if user in order]
            last.setdefault(max(users, key=order.__getitem__, default=node), []).append(node)
    return last


def storage_bytes(values: Iterable[object]) -> int:
    """Return the memory of tensors; shared storage counts once."""
    storages = (value.untyped_storage() for value in values if isinstance(value, torch.Tensor))
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())
