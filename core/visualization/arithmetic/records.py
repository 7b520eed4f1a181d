"""The records of a cell's arithmetic: operation, steps, sources."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.visualization.activations.activation_capture import Maps

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

FORMULAS = {
    "relu": "max(0, {x})",
    "relu6": "min(max(0, {x}), 6)",
    "sigmoid": "1 / (1 + exp(-{x}))",
    "silu": "{x} / (1 + exp(-{x}))",
    "hardsigmoid": "min(max({x} + 3, 0), 6) / 6",
    "hardswish": "{x} · min(max({x} + 3, 0), 6) / 6",
    "tanh": "tanh({x})",
    "gelu": "{x} · Φ({x})",
    "mish": "{x} · tanh(ln(1 + exp({x})))",
}
"""What activation functions compute, where they have no setting of their own; Φ is the normal distribution."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where an operation gets its numbers: `maps` are float32 (channels, height, width), read-only.

    `layer` is None for the picture itself. Where the layer's output was rearranged on the way (a part of its channels,
    shuffled), `is_whole` is False and channels have other numbers there. Where it was flattened, `flattened` is its
    shape (channels, height, width), and the maps here are 1×1.
    """

    layer: str | None
    maps: Maps
    is_whole: bool = True
    flattened: tuple[int, int, int] | None = None

    def origin(self, channel: int) -> tuple[int, int, int] | None:
        """Return the (channel, row, column) of the layer that became `channel`; None where nothing was flattened."""
        if self.flattened is None:
            return None
        found, row, column = np.unravel_index(channel, self.flattened)
        return int(found), int(row), int(column)


@dataclass(frozen=True)
class Slide:
    """Where windows lie along one axis of maps that are `cells` long.

    The window of output cell i covers the `sizes[i]` cells from `firsts[i]` on, `dilation` apart; those before 0 or
    behind the last lie outside. An average divides by `counted[i]` of them along this axis.
    """

    cells: int
    firsts: tuple[int, ...]
    sizes: tuple[int, ...]
    dilation: int = 1
    counted: tuple[int, ...] = ()

    @property
    def stride(self) -> int | None:
        """Return how far apart neighbouring windows begin; None for a single one, or where that varies."""
        steps = {second - first for first, second in pairwise(self.firsts)}
        return steps.pop() if len(steps) == 1 else None

    def covered(self, cell: int) -> NDArray[np.int64]:
        """Return the cells that the window of an output cell covers, also those that there are not."""
        places: NDArray[np.int64] = self.firsts[cell] + self.dilation * np.arange(self.sizes[cell])
        return places

    def inside(self, cell: int) -> Mask:
        """Return for each of these whether there is such a cell."""
        places = self.covered(cell)
        is_inside: Mask = (places >= 0) & (places < self.cells)
        return is_inside


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """A convolution or, with kernels of 1×1, a linear layer: one filter on one window, `channels` by `channels`.

    `patches` and `kernels` are (channels, kernel height, kernel width); `inside` tells which cells of the window are
    cells of the maps: the others are padding, whose numbers follow `padding_mode`. With `groups` a filter reads only
    the input channels of its own group. `bias` is None where the layer has none.
    """

    layer: str
    kind: Literal["convolution", "linear"]
    source: Source
    channels: NDArray[np.int64]
    patches: Numbers
    inside: Mask
    kernels: Numbers
    bias: float | None
    rows: Slide
    columns: Slide
    groups: int
    padding_mode: str

    @functools.cached_property
    def products(self) -> Numbers:
        """Return each number of the window times its weight."""
        return self.patches * self.kernels

    @functools.cached_property
    def sums(self) -> Numbers:
        """Return what each input channel contributes, in the order of `channels`."""
        sums: Numbers = self.products.sum((1, 2))
        return sums

    @functools.cached_property
    def order(self) -> NDArray[np.int64]:
        """Return the places in `channels`, the largest contributions first, whatever their sign."""
        return np.argsort(-np.abs(self.sums), kind="stable")

    @functools.cached_property
    def total(self) -> float:
        """Return the sum of all products and the bias."""
        return math.fsum((*self.products.ravel(), self.bias or 0.0))

    def rest(self, places: Sequence[int]) -> float:
        """Return what all channels but those at `places` contribute together."""
        shown = set(places)
        return math.fsum(self.products[[index for index in range(len(self.channels)) if index not in shown]].ravel())


@dataclass(frozen=True, eq=False)
class Pool:
    """A maximum or an average over one window, (height, width), of one `channel`.

    `winner` is where in the window the maximum is, the first of several; an average is divided by `divisor`, which may
    count padding. Cells that are not `inside` hold 0 and take no part in a maximum.
    """

    layer: str
    method: Literal["maximum", "average"]
    source: Source
    channel: int
    patch: Numbers
    inside: Mask
    rows: Slide
    columns: Slide
    divisor: float = 1.0
    has_own_divisor: bool = False

    @property
    def winner(self) -> tuple[int, int] | None:
        """Return the row and column within the window of the first largest number; None for an average."""
        if self.method == "average":
            return None
        index = np.argmax(np.where(self.inside, self.patch, -np.inf))
        row, column = np.unravel_index(index, self.patch.shape)
        return int(row), int(column)

    @functools.cached_property
    def total(self) -> float:
        """Return the maximum or the average."""
        winner = self.winner
        return math.fsum(self.patch.ravel()) / self.divisor if winner is None else float(self.patch[winner])


@dataclass(frozen=True, eq=False)
class Part:
    """One of the things that are merged; `channel`, `row` and `column` say which number of `source` it is.

    `source` is None for a number that the network itself holds.
    """

    source: Source | None
    channel: int
    row: int
    column: int
    value: float


@dataclass(frozen=True, eq=False)
class Merge:
    """A sum, difference, product or quotient of two numbers; or, joined, one channel of several put side by side."""

    layer: str
    method: Literal["add", "subtract", "multiply", "divide", "join"]
    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """Return what comes out."""
        first, *others = (part.value for part in self.parts)
        for other in others:
            match self.method:
                case "add":
                    first += other
                case "subtract":
                    first -= other
                case "multiply":
                    first *= other
                case "divide":
                    first /= other
        return first


@dataclass(frozen=True, eq=False)
class Given:
    """A number that is taken as it is, where the arithmetic starts; or, of the layer itself, where none is known."""

    source: Source
    channel: int
    total: float
    layer: str | None = None
    kind: str = ""


CellOperation = WeightedSum | Pool | Merge | Given


@dataclass(frozen=True)
class Normalised:
    """(x - mean) / √(variance + epsilon) · scale + shift, of x = `before`.

    Mean and variance are those of the training pictures (batch normalisation) or, with `of_place`, of all channels at
    this very place (layer normalisation).
    """

    layer: str
    before: float
    mean: float
    variance: float
    epsilon: float
    scale: float
    shift: float
    of_place: bool = False

    @property
    def value(self) -> float:
        """Return what comes out."""
        return (self.before - self.mean) / math.sqrt(self.variance + self.epsilon) * self.scale + self.shift


@dataclass(frozen=True)
class Activated:
    """An activation function: `function` is its name as in `layers.ACTIVATION_FUNCTIONS`."""

    layer: str
    before: float
    function: str
    value: float

    @property
    def formula(self) -> str:
        """Return what it computes of {x}, in mathematical notation."""
        return FORMULAS.get(self.function, "f({x})")


@dataclass(frozen=True)
class Unchanged:
    """A layer that leaves the number as it is when nothing is trained (dropout), or always (identity)."""

    layer: str
    before: float
    kind: str

    @property
    def value(self) -> float:
        """Return what comes out: what came in."""
        return self.before


Step = Normalised | Activated | Unchanged
