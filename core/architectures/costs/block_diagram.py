"""The block diagram of a network: nested stages, blocks and layers, and the connections between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from torch import fx

from core.architectures.costs.costs import Blueprint, Costs, LayerCost, Shape

Edge = tuple[int, int]
"""From a part to a later one, by their places in their box; -1 is what enters the box, their number what leaves it."""

FEWEST = 2  # layers of a box


@dataclass(frozen=True, kw_only=True)
class DiagramBlock:
    """A layer, which has no `parts`, or a group of layers.

    `label` is the end of the name that tells it apart within its box, for a stage its label, marked for translation;
    `output` is the shape of what leaves it, `maps` its channels,
    height and width. `is_branching` tells that its parts are not one chain.
    """

    name: str
    label: str
    kind: str
    role: str
    output: Shape
    maps: tuple[int, int, int]
    parameters: int
    macs: int
    layers: int
    parts: tuple[DiagramBlock, ...] = ()
    edges: tuple[Edge, ...] = ()

    @property
    def is_branching(self) -> bool:
        """Return whether anything leads past a part, or apart and together again."""
        return any(end - start != 1 for start, end in self.edges)


def diagram(plan: Blueprint, costs: Costs) -> DiagramBlock:
    """Return the whole network as a box of its stages; of a picture that is too small, as far as it gets."""
    names = [cost.layer.name for cost in costs.layers]
    edges = _edges(plan, names)
    stages: dict[str, list[int]] = {}
    for index, cost in enumerate(costs.layers):
        stages.setdefault(cost.layer.stage, []).append(index)
    maker = _Builder(costs.layers, edges)
    parts = [(label, maker.group(places, label, label)) for label, places in stages.items()]
    return maker.box("", "", list(range(len(names))), [box for _label, box in parts], list(stages.values()))


def _edges(plan: Blueprint, names: Sequence[str]) -> list[Edge]:
    """Return from which layer to which a tensor leads, by their places; -1 is the picture."""
    places = {name: place for place, name in enumerate(names)}
    at = {node: places[layer.name] for node, layer in plan.traced.layers.items() if layer.name in places}
    found = [(source, place) for node, place in at.items() for source in sorted(_sources(node, at))]
    left = set(range(len(names))) - {source for source, _place in found}
    return [*found, *((place, len(names)) for place in sorted(left))]


def _sources(node: fx.Node, at: dict[fx.Node, int]) -> set[int]:
    """Return the layers whose outputs a node is given, through operations that are no layers."""
    found: set[int] = set()
    waiting = list(node.all_input_nodes)
    seen: set[fx.Node] = set()
    while waiting:
        source = waiting.pop()
        if source in seen:
            continue
        seen.add(source)
        if source in at:
            found.add(at[source])
        elif source.op == "placeholder":
            found.add(-1)
        else:
            waiting.extend(source.all_input_nodes)
    return found


class _Builder:
    def __init__(self, layers: Sequence[LayerCost], edges: Sequence[Edge]) -> None:
        self._layers = layers
        self._edges = edges

    def group(self, places: list[int], label: str, name: str) -> DiagramBlock:
        """Return the box of some layers, divided by the next part of their names."""
        if len(places) < FEWEST:
            return self._leaf(places[0], label)
        prefix = _common([self._layers[index].layer.name.split(".") for index in places])
        groups: dict[str, list[int]] = {}
        for index in places:
            groups.setdefault(self._layers[index].layer.name.split(".")[prefix], []).append(index)
        if len(groups) == 1 or len(groups) == len(places):
            parts = [self._leaf(index, _ending(self._layers[index].layer.name, prefix)) for index in places]
            return self.box(name, label, places, parts, [[index] for index in places])
        begin = ".".join(self._layers[places[0]].layer.name.split(".")[:prefix])
        parts = []
        for key, kin in groups.items():
            short = key if len(kin) >= FEWEST else _ending(self._layers[kin[0]].layer.name, prefix)
            parts.append(self.group(kin, short, f"{begin}.{key}".removeprefix(".")))
        return self.box(name, label, places, parts, list(groups.values()))

    def box(
        self, name: str, label: str, places: list[int], parts: Sequence[DiagramBlock], kin: Sequence[list[int]]
    ) -> DiagramBlock:
        """Return a box of parts, each of which stands for the layers at some places."""
        own = {place: part for part, group in enumerate(kin) for place in group}
        edges: dict[Edge, None] = {}
        for source, target in self._edges:
            if source not in own and target not in own:
                continue
            edge = (own.get(source, -1), own.get(target, len(parts)))
            if edge[0] < edge[1]:
                edges[edge] = None
        return DiagramBlock(
            name=name,
            label=label,
            kind="",
            role="",
            output=self._layers[places[-1]].output,
            maps=self._layers[places[-1]].maps,
            parameters=sum(part.parameters for part in parts),
            macs=sum(part.macs for part in parts),
            layers=len(places),
            parts=tuple(parts),
            edges=tuple(edges),
        )

    def _leaf(self, index: int, label: str) -> DiagramBlock:
        cost = self._layers[index]
        return DiagramBlock(
            name=cost.layer.name,
            label=label,
            kind=cost.layer.kind,
            role=cost.layer.role,
            output=cost.output,
            maps=cost.maps,
            parameters=cost.parameters,
            macs=cost.macs,
            layers=1,
        )


def _common(names: Sequence[Sequence[str]]) -> int:
    """Return how many parts at the beginning all names share, the last part of each aside."""
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*(name[:-1] for name in names), strict=False))
    return sum(1 for _column in columns)


def _ending(name: str, prefix: int) -> str:
    return ".".join(name.split(".")[prefix:])
