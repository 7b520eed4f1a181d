"""The output of a layer as a differentiable function of the image, functional layers included, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.utils.checkpoint import checkpoint

from core.architectures.graph.capture import LayerGraph, layer_output
from core.architectures.graph.checkpointing import Values, last_uses


def differentiable_output(
    graph: LayerGraph, batch: torch.Tensor, layer: str, segment_bytes: int | None = None
) -> torch.Tensor:
    """Return what a layer puts out for `batch`, up to which alone the network runs, with its gradient's history.

    Its values are those of a bare forward pass. With `segment_bytes`, what the gradient needs is computed again for one
    segment of layers at a time, of about so many bytes, rather than stored (Chen et al. 2016, arXiv:1604.06174), where
    the graph can be run in parts. Whoever calls it has borrowed the model. Raises `KeyError` for an unknown layer,
    `ValueError` for one that puts out no tensor.
    """
    if layer not in graph.kept and layer not in graph.recipes:
        raise KeyError(layer)
    origin = layer
    while origin in graph.recipes:
        origin = graph.recipes[origin].source
    runner = SegmentRunner.of(graph, origin, segment_bytes if graph.overwritten is not None else None)
    output = layer_output(layer, {origin: runner.finish({runner.nodes[0]: batch})}, graph.recipes)
    if not isinstance(output, torch.Tensor):
        raise ValueError(f"{layer} puts out no tensor")
    return output


@dataclass(frozen=True, eq=False)
class SegmentRunner:
    """Runs a graph from any place to the end of a segment; the last of `nodes` is the one whose value is wanted.

    `counted` are the nodes whose values make a segment longer, `interpreter` makes what runs one node.
    """

    module: fx.GraphModule
    nodes: list[fx.Node]
    counted: frozenset[fx.Node]
    overwritten: frozenset[str]
    segment_bytes: float = float("inf")
    interpreter: Callable[..., Any] = fx.Interpreter

    @classmethod
    def of(cls, graph: LayerGraph, origin: str, segment_bytes: int | None) -> SegmentRunner:
        nodes = list(graph.module.graph.nodes)
        kept = nodes[-1].args[0][1]  # the graph puts out (the model's output, what it keeps)
        end = nodes.index(kept[graph.kept.index(origin)])
        return cls(
            module=graph.module,
            nodes=nodes[: end + 1],
            counted=frozenset(kept),
            overwritten=graph.overwritten or frozenset(),
            segment_bytes=float("inf") if segment_bytes is None else segment_bytes,
        )

    def finish(self, values: Values) -> Any:
        """Return the value of the last node, run from `values`; what its gradient needs is computed again later."""
        place = 0
        while place < len(self.nodes):
            if self.segment_bytes == float("inf"):
                place, values = self.run(place, values)
            else:
                place, values = checkpoint(self.run, place, values, use_reentrant=False, preserve_rng_state=False)
        return values[self.nodes[-1]]

    def run(self, index: int, values: Values) -> tuple[int, Values]:
        """Return the place behind a segment that begins at `index` and the values that are needed from there on."""
        interpreter = self.interpreter(self.module, garbage_collect_values=False)
        interpreter.env = alive = dict(values)
        dead_after = last_uses(self.nodes, self.nodes[-1])
        size = 0
        for node in self.nodes[index:]:
            if node not in alive:
                alive[node] = interpreter.run_node(node)
            size += alive[node].nbytes if node in self.counted and isinstance(alive[node], torch.Tensor) else 0
            for dead in dead_after.get(node, ()):
                del alive[dead]
            index += 1
            if size >= self.segment_bytes and not any(value.name in self.overwritten for value in alive):
                break
        return index, alive
