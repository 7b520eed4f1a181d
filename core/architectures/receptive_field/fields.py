"""The theoretical receptive field of every layer of a network.

Theoretical fields after Araujo, Norris and Sim (2019), "Computing receptive fields of convolutional neural networks",
Distill, doi:10.23915/distill.00021, followed through branches, functional layers and gates. Pixels are numbered from 0.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import torch
from torch import fx, nn

from core.architectures.graph.interpreter import ShapeInterpreter
from core.architectures.graph.operation import holds_tensor, precision
from core.architectures.graph.tracing import OUT_OF_PLACE, Traced, trace
from core.architectures.receptive_field.axis import PixelRange, Uniform
from core.architectures.receptive_field.maps import Maps, UnsupportedOperationError
from core.architectures.receptive_field.rules import follow

if TYPE_CHECKING:
    from core.architectures.loading import Backbone


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; `bottom` and `right` are the first row and column behind it, as in slices and in PIL."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Return how many rows of pixels it has."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Return how many columns of pixels it has."""
        return self.right - self.left


@dataclass(frozen=True)
class AxisField:
    """The receptive fields of a layer's cells along one axis, in pixels of a picture that is `pixels` long.

    Cell i sees the `size` pixels from i·`stride` - `padding` on, whether they lie in the picture or not; its middle is
    at `start` + i·`stride`, where a pixel's middle has the pixel's number. (In Araujo et al. these are r₀, S₀, P₀, and
    the centre of equation 9 for i = 0.) `stride` is also how far apart two neighbours' fields are, the "jump".

    With `is_whole` every cell depends on all of the layer before through a step that mixes all places: `size` is then
    the whole picture and `stride` 0. All four are None where fields differ from cell to cell (adaptive pools that do
    not divide their input evenly). `firsts` and `lasts` are, by cell, the outermost pixels that the cell depends on
    within the picture, exactly: padding holds no picture, and strides may skip the picture's last pixels. A cell that
    sees nothing but padding has a last pixel before its first.
    """

    pixels: int
    size: int | None
    stride: int | None
    padding: int | None
    is_whole: bool
    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    @property
    def cells(self) -> int:
        """Return how many cells the layer's maps have along this axis."""
        return len(self.firsts)

    @property
    def start(self) -> Fraction | None:
        """Return the middle of the first cell's field, which may lie outside of the picture."""
        if self.size is None or self.padding is None:
            return None
        return Fraction(self.size - 1, 2) - self.padding

    def span(self, cell: int) -> tuple[int, int] | None:
        """Return the first pixel of a cell's field and the first behind it, unclipped; None where `size` is None."""
        self._check(cell)
        if self.size is None or self.stride is None or self.padding is None:
            return None
        first = cell * self.stride - self.padding
        return first, first + self.size

    def clipped_span(self, cell: int) -> tuple[int, int] | None:
        """Return the first pixel within the picture that a cell depends on and the first behind the last; or None."""
        self._check(cell)
        first, last = self.firsts[cell], self.lasts[cell]
        return (first, last + 1) if first <= last else None

    def _check(self, cell: int) -> None:
        if not 0 <= cell < self.cells:
            raise IndexError(f"there is no cell {cell}: there are {self.cells}")


@dataclass(frozen=True)
class ReceptiveField:
    """The receptive fields of a layer's cells, height and width apart.

    Where `is_whole`, `local` tells what a cell sees without the steps that mix all places: behind a gate of
    squeeze-and-excite the maps keep their place, and are only scaled by what the whole picture gives. `local` is None
    where nothing has kept its place, and the field itself where nothing was mixed.
    """

    height: AxisField
    width: AxisField
    local_height: AxisField | None
    local_width: AxisField | None

    @property
    def is_whole(self) -> bool:
        """Return whether every cell sees the whole picture, in height and width, wherever the cell is."""
        return self.height.is_whole and self.width.is_whole

    @property
    def local(self) -> ReceptiveField | None:
        """Return the field of the paths on which a cell keeps its place; None where there are none."""
        if self.local_height is None or self.local_width is None:
            return None
        return ReceptiveField(self.local_height, self.local_width, self.local_height, self.local_width)

    @property
    def size(self) -> tuple[int, int] | None:
        """Return (height, width) of a cell's field in pixels, unclipped; None where it differs from cell to cell."""
        if self.height.size is None or self.width.size is None:
            return None
        return self.height.size, self.width.size

    @property
    def cells(self) -> tuple[int, int]:
        """Return (rows, columns) of the layer's maps."""
        return self.height.cells, self.width.cells

    def box(self, row: int, column: int) -> Box | None:
        """Return the field of a cell, also where it lies outside of the picture; None where `size` is None.

        Raises `IndexError` for a cell that there is not.
        """
        return _box(self.height.span(row), self.width.span(column))

    def clipped(self, row: int, column: int) -> Box | None:
        """Return the smallest box around all pixels of the picture that a cell depends on; None if there are none.

        It lies inside `box`, and may be smaller than what the picture's borders leave of that (see `AxisField`).
        Raises `IndexError` for a cell that there is not.
        """
        return _box(self.height.clipped_span(row), self.width.clipped_span(column))


def _box(rows: tuple[int, int] | None, columns: tuple[int, int] | None) -> Box | None:
    return Box(rows[0], columns[0], rows[1], columns[1]) if rows and columns else None


Fields = dict[str, ReceptiveField | None]


def receptive_fields(backbone: Backbone, size: tuple[int, int] | None = None) -> Fields:
    """Return the receptive field of each layer of a backbone, in the order the data takes, for a picture of `size`.

    Layers have the names that `backbone.graph` gives them. `size` is (height, width) in pixels, the backbone's own
    input where it is None. None stands for a layer of which it is not known: behind an operation without a rule.
    """
    crop = backbone.preprocessing.crop
    return fields_of(backbone.model, size or (crop, crop))


def fields_of(model: nn.Module, size: tuple[int, int]) -> Fields:
    """Return the receptive field of each layer of any model that torch.fx can trace; see `receptive_fields`.

    Nothing is computed but shapes, on a copy without memory. Raises `RuntimeError` for a picture that is too small.
    """
    return fields_of_traced(model, trace(model), size)


def fields_of_traced(model: nn.Module, traced: Traced, size: tuple[int, int]) -> Fields:
    """Return the same of a model that is traced already."""
    tracker = _Tracker(model, traced.graph, size)
    with torch.no_grad():
        tracker.run(torch.empty(1, 3, *size, device="meta", dtype=precision(model)))
    records = _Records(size)
    return {layer.name: records.field(tracker.maps.get(node)) for node, layer in traced.layers.items()}


class _Tracker(ShapeInterpreter):
    """Runs a graph on tensors without memory and follows, node by node, what the values depend on.

    `maps` holds what a node has put out, or None where it is not known; a node that does not depend on the picture is
    not in it, nor is one that computes no tensor.
    """

    def __init__(self, model: nn.Module, graph: fx.Graph, size: tuple[int, int]) -> None:
        super().__init__(model, graph)
        self.maps: dict[fx.Node, Maps | None] = {}
        self._now: dict[fx.Node, Maps | None] = {}  # what a node's output has become, where a later one overwrote it
        self._size = size

    def visit(self, node: fx.Node, result: Any) -> None:
        """Follow a node."""
        if node.op == "placeholder":
            self._now[node] = Maps.of_picture(*self._size)
        elif node.op != "output" and holds_tensor(result):
            self._follow(node, result)

    def _follow(self, node: fx.Node, result: Any) -> None:
        inputs = [self._now[source] for source in node.all_input_nodes if source in self._now]
        if not inputs:
            return
        self.maps[node] = self._now[node] = self._followed(node, result, inputs)
        if _overwrites(node):
            self._now[node.all_input_nodes[0]] = self._now[node]

    def _followed(self, node: fx.Node, result: Any, inputs: list[Maps | None]) -> Maps | None:
        known = [maps for maps in inputs if maps is not None]
        try:
            return follow(self.operation(node, result), known) if len(known) == len(inputs) else None
        except UnsupportedOperationError:
            return None


def _overwrites(node: fx.Node) -> bool:
    """Return whether what is read later under the name of a node's first input is what the node has written there."""
    name = getattr(node.target, "__name__", str(node.target))
    return node.target in OUT_OF_PLACE or (node.op != "call_module" and name.endswith("_") and name[-2:] != "__")


class _Records:
    """Turns what was followed into records; layers that see the same share them."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._of_axis = functools.cache(_axis_field)

    def field(self, maps: Maps | None) -> ReceptiveField | None:
        """Return the record of a layer's maps."""
        if maps is None:
            return None
        axes = tuple(zip((maps.height, maps.width), self._size, strict=True))
        full = [self._of_axis(axis.full, pixels, axis.whole is not None) for axis, pixels in axes]
        local = [None if axis.local is None else self._of_axis(axis.local, pixels, False) for axis, pixels in axes]
        return ReceptiveField(*full, *local)


def _axis_field(pixel_range: PixelRange, pixels: int, is_whole: bool) -> AxisField:
    everything = Uniform(size=pixels, stride=0, padding=0)
    uniform = everything if is_whole else pixel_range.uniform
    size, stride, padding = (uniform.size, uniform.stride, uniform.padding) if uniform else (None, None, None)
    ends = tuple(pixel_range.first.tolist()), tuple(pixel_range.last.tolist())
    return AxisField(pixels, size, stride, padding, is_whole, *ends)
