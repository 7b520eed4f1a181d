"""Explains one output value: every number of the layer before that it follows from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.visualization.activations.activation_capture import Maps
from core.visualization.arithmetic.records import CellOperation, Step

if TYPE_CHECKING:
    from torch import fx

    from core.architectures.loading import Backbone
    from core.images.preprocessing import FloatArray
    from core.visualization.activations.activation_capture import Activations
    from core.visualization.arithmetic.graph_values import GraphValues


@dataclass(frozen=True)
class Cell:
    """One number of a layer's output: (`row`, `column`) of the map of `channel`."""

    layer: str
    channel: int
    row: int
    column: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Return (channel, row, column)."""
        return self.channel, self.row, self.column


@dataclass(frozen=True, eq=False)
class CellArithmetic:
    """How the value of a cell comes about: an operation on the layer before, then steps, place by place.

    The chain begins at the nearest layer, at or before the chosen one, that mixes numbers, and ends with the activation
    function to which the chosen layer leads. `layers` names its links, the operation first; `chosen` is the place of
    the cell's own layer among them. `values` were computed here, in float64 from float32 numbers; `stored` are those of
    the network's own tensors; `maps` (height, width) hold the same channel of each link.
    """

    cell: Cell
    operation: CellOperation
    steps: tuple[Step, ...]
    layers: tuple[str | None, ...]
    chosen: int
    stored: tuple[float, ...]
    maps: tuple[Maps, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """Return the computed value of each link."""
        return (self.operation.total, *(step.value for step in self.steps))

    @property
    def value(self) -> float:
        """Return the computed value of the cell."""
        return self.values[self.chosen]

    @property
    def stored_value(self) -> float:
        """Return the value of the cell in the network's tensor."""
        return self.stored[self.chosen]


def explain_cell(backbone: Backbone, activations: Activations, batch: FloatArray, cell: Cell) -> CellArithmetic:
    """Return the arithmetic of a cell; `batch` is the picture of `activations`, preprocessed: (1, 3, height, width).

    Where no arithmetic is known of the cell's own layer, the operation is `Given` with that layer's name. Nothing is
    run but what rearranges numbers. Raises `KeyError` for a layer, `IndexError` for a channel or a cell that there is
    not.
    """
    from core.visualization.arithmetic.graph_values import GraphValues

    _check(cell, activations.shapes[cell.layer])
    graph = GraphValues(backbone, activations, batch)
    chosen = graph.node(cell.layer)
    start, nodes = _chain(graph, graph.node(activations.layer(cell.layer).after or cell.layer))
    operation = _operation(graph, start, nodes, cell)
    steps = _steps(graph, nodes, operation.total, cell)
    links = [start, *nodes]
    sources = [graph.source(node, _axis(graph, node, nodes)) for node in links]
    maps = tuple(source.maps[cell.channel] for source in sources)
    return CellArithmetic(
        cell=cell,
        operation=operation,
        steps=tuple(steps),
        layers=tuple(source.layer for source in sources),
        chosen=links.index(chosen),
        stored=tuple(float(activation[cell.row, cell.column]) for activation in maps),
        maps=maps,
    )


def _check(cell: Cell, shape: tuple[int, int, int]) -> None:
    if any(not 0 <= place < size for place, size in zip(cell.place, shape, strict=True)):
        raise IndexError(f"{cell.layer} has no cell {cell.place}: its maps are {shape}")


def _chain(graph: GraphValues, end: fx.Node) -> tuple[fx.Node, list[fx.Node]]:
    """Return the node whose numbers a chain of steps starts with, and the nodes of the steps up to `end`."""
    from core.visualization.arithmetic.pointwise import is_layer_norm, is_step

    nodes: list[fx.Node] = []
    while is_step(graph, end) and (before := graph.before(end)) is not None:
        nodes.insert(0, end)
        end = before
    if is_layer_norm(graph, end):
        return end.all_input_nodes[0], [end, *nodes]
    return end, nodes


def _operation(graph: GraphValues, node: fx.Node, steps: list[fx.Node], cell: Cell) -> CellOperation:
    from core.visualization.arithmetic import windowed
    from core.visualization.arithmetic.merges import merge
    from core.visualization.arithmetic.records import Given

    layer, kind = graph.layer(node), graph.kind(node)
    found: CellOperation | None = None
    if layer is not None and not _reads(graph, steps):
        source = graph.source(node.all_input_nodes[0], _input_axis(graph, node))
        if kind == "conv2d":
            found = windowed.convolution(graph.operation(node), source, layer.name, cell.place)
        elif kind == "linear":
            found = windowed.linear(graph.operation(node), source, layer.name, cell.place)
        elif layer.role == "pooling":
            found = windowed.pool(graph.operation(node), source, layer.name, cell.place)
        else:
            found = merge(graph, node, cell.place)
    if found is not None:
        return found
    own = graph.source(node, _axis(graph, node, steps))
    unknown = layer if layer is not None and layer.name == cell.layer else None
    value = float(own.maps[cell.place])
    return Given(own, cell.channel, value, unknown.name if unknown else None, unknown.kind if unknown else "")


def _steps(graph: GraphValues, nodes: list[fx.Node], value: float, cell: Cell) -> list[Step]:
    from core.visualization.arithmetic.pointwise import is_layer_norm, layer_norm, step

    steps: list[Step] = []
    for node in nodes:
        is_of_place = is_layer_norm(graph, node)
        steps.append(layer_norm(graph, node, cell.place) if is_of_place else step(graph, node, value, cell.channel))
        value = steps[-1].value
    return steps


def _reads(graph: GraphValues, steps: list[fx.Node]) -> bool:
    """Return whether the steps begin with a layer normalisation, which reads all channels, not one result."""
    from core.visualization.arithmetic.pointwise import is_layer_norm

    return bool(steps) and is_layer_norm(graph, steps[0])


def _axis(graph: GraphValues, node: fx.Node, steps: list[fx.Node]) -> int:
    """Return the axis of the channels of a node; one that only rearranges has those of the layer it leads to."""
    layer = graph.layer(node) or (graph.layer(steps[0]) if steps else None)
    if _reads(graph, steps) and node not in steps:
        layer = graph.layer(steps[0])
    return layer.channel_axis if layer else 1


def _input_axis(graph: GraphValues, node: fx.Node) -> int:
    """Return the axis of the channels of what a node is given: the last one for a linear layer, else the second."""
    return int(graph.value(node).dim()) - 1 if graph.kind(node) == "linear" else 1
