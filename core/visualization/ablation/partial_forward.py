"""Re-runs a network from one layer on, for a batch of modified activations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from core.architectures.graph.capture import LayerGraph, layer_output
from core.architectures.graph.checkpointing import Values, last_uses, storage_bytes
from core.architectures.graph.tracing import BOOKKEEPING, key_of, kind_of
from core.visualization.ablation.single_channel import Follower, SingleChannels


@dataclass(frozen=True, eq=False)
class PartialForward:
    """What depends on the layer `start`, as `nodes` in the order the data takes, and what else that needs: `given`.

    `output` is what the layer puts out, `given` what does not depend on it, both for one picture. Of a graph that
    cannot be run in parts `nodes` are all, and `given` is the picture. Whoever runs it has borrowed the model.
    """

    module: fx.GraphModule
    start: fx.Node
    nodes: tuple[fx.Node, ...]
    result: fx.Node
    output: torch.Tensor
    given: Mapping[fx.Node, torch.Tensor]
    overwritten: frozenset[str]
    follower: Follower

    @property
    def is_in_parts(self) -> bool:
        """Return whether the graph is run from the layer on."""
        return self.start not in self.nodes

    def run(self, changed: torch.Tensor | SingleChannels) -> torch.Tensor:
        """Return what the network answers, (B, classes), to B versions of the layer's output; those may be overwritten.

        Each answer is the one that a whole pass would give in which a hook put the changed output in the layer's place.
        Of a graph that cannot be run in parts versions have to be whole.
        """
        for values in self._walk(changed):
            found = values
        answer: torch.Tensor = _whole(found[self.result])
        return answer

    def bytes_a_version(self) -> int:
        """Return the most memory that the values of one version take at a time; runs it once to know."""
        return max(storage_bytes(values.values()) for values in self._walk(self.output.clone()))

    def _walk(self, changed: torch.Tensor | SingleChannels) -> Iterator[Values]:
        """Yield all values that are still needed after each step; at last the network's answer is among them."""
        count = len(changed.maps) if isinstance(changed, SingleChannels) else len(changed)
        interpreter = fx.Interpreter(self.module, garbage_collect_values=False)
        values: Values = {self.start: changed}
        interpreter.env = values
        dead_after = last_uses((self.start, *self.nodes), self.result)
        for node in self.nodes:
            value = self.follower.follow(node, values)
            if value is None:
                self._supply(node.all_input_nodes, interpreter, count)
                value = interpreter.run_node(node)
            values[node] = changed if node is self.start else value
            yield values
            for dead in dead_after.get(node, ()):
                values.pop(dead, None)
        self._supply([self.result], interpreter, count)
        yield values

    def _supply(self, wanted: Iterable[fx.Node], interpreter: fx.Interpreter, count: int) -> None:
        """Make the wanted values whole, or add them: given ones `count` times, others computed from those."""
        values = interpreter.env
        for node in wanted:
            if node in values:
                values[node] = _whole(values[node])
            elif node in self.given:
                versions = self.given[node].expand(count, *self.given[node].shape[1:])
                values[node] = versions.clone() if node.name in self.overwritten else versions
            else:
                self._supply(node.all_input_nodes, interpreter, count)
                values[node] = interpreter.run_node(node)


def partial_forward(
    graph: LayerGraph, layer: str, batch: torch.Tensor, kept: Mapping[str, torch.Tensor]
) -> PartialForward:
    """Return the part of a network behind `layer`, whose other inputs come from the `kept` outputs of one pass.

    `batch` is the picture, (1, 3, height, width). Computes only what is not kept: nothing but views and recipes. Raises
    `KeyError` for a layer that is not there.
    """
    nodes = list(graph.module.graph.nodes)
    start, result = _ends(graph, layer)
    output = layer_output(layer, kept, graph.recipes)
    names = {node: name for name, node in graph.nodes.items()}
    if graph.overwritten is None:
        behind = tuple(node for node in nodes[:-1] if node.op != "placeholder")
    else:
        behind = tuple(_between(start, result, nodes))
    given: dict[fx.Node, torch.Tensor] = {}
    unseen = [source for node in behind for source in node.all_input_nodes] + [result]
    seen = {start, *behind}
    while unseen:
        node = unseen.pop()
        if node in seen:
            continue
        seen.add(node)
        value = batch if node.op == "placeholder" else _kept(names.get(node.name), kept, graph)
        if value is None:
            unseen += node.all_input_nodes
        else:
            given[node] = value
    return PartialForward(
        graph.module, start, behind, result, output, given, graph.overwritten or frozenset(), Follower(graph.module)
    )


def _whole(value: Any) -> Any:
    return value.whole() if isinstance(value, SingleChannels) else value


def is_answer(graph: LayerGraph, layer: str) -> bool:
    """Return whether the network's answer is what `layer` puts out, at most put into another shape."""
    start, result = _ends(graph, layer)
    modules = dict(graph.module.named_modules())
    while result is not start and key_of(kind_of(result, modules)) in BOOKKEEPING:
        result = result.all_input_nodes[0]
    return result is start


def _ends(graph: LayerGraph, layer: str) -> tuple[fx.Node, fx.Node]:
    """Return the nodes of a layer and of the network's answer."""
    nodes = list(graph.module.graph.nodes)
    start = next(node for node in nodes if node.name == graph.nodes[layer])
    return start, nodes[-1].args[0][0]  # the graph puts out (the network's answer, what it keeps)


def _between(start: fx.Node, result: fx.Node, nodes: Iterable[fx.Node]) -> Iterator[fx.Node]:
    """Yield, in the order of `nodes`, those that depend on `start` and on which `result` depends."""
    depending = {start}
    for node in nodes:
        if not depending.isdisjoint(node.all_input_nodes):
            depending.add(node)
    needed, unseen = {result}, [result]
    while unseen:
        new = set(unseen.pop().all_input_nodes) & depending - needed
        needed |= new
        unseen += new
    return (node for node in nodes if node in needed & depending and node is not start)


def _kept(layer: str | None, kept: Mapping[str, torch.Tensor], graph: LayerGraph) -> torch.Tensor | None:
    """Return the output of a layer where it is kept, or follows from one that is, and is of one picture."""
    if layer is None:
        return None
    origin = layer
    while origin in graph.recipes:
        origin = graph.recipes[origin].source
    if origin not in kept:
        return None
    value = layer_output(layer, kept, graph.recipes)
    return value if isinstance(value, torch.Tensor) and value.dim() > 0 and len(value) == 1 else None
