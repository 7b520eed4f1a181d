"""Receptive-field intervals along one axis, and how each operation maps them.

Height and width never mix in a convolutional network, so that all of it is arithmetic on one axis at a time. (There is
one exception, which none of the backbones has: windows that hold nothing but padding, where the padding is as large as
the kernel. What such a branch sees along the other axis still counts, so that the union may come out too large.)

The closed form is that of Araujo, Norris and Sim (2019), "Computing receptive fields of convolutional neural networks",
Distill, doi:10.23915/distill.00021; beside it the pixels that each single cell depends on are followed exactly, to the
borders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.architectures.graph.windows import PaddingMode, Window

Pixels = NDArray[np.int64]

NOTHING = (1 << 40, -1)
"""The first and last pixel of a cell that depends on none, chosen so that any union with it is right."""


@dataclass(frozen=True)
class Uniform:
    """The field where it is the same for all cells but for its place, of any number of cells, unclipped.

    Cell i sees the pixels i·stride - padding to i·stride - padding + size - 1 (Araujo et al.: r₀, S₀ and P₀).
    """

    size: int
    stride: int
    padding: int

    def through(self, window: Window) -> Uniform:
        """Return the field of what a window makes of these cells."""
        return Uniform(
            size=self.size + (window.kernel - 1) * window.dilation * self.stride,
            stride=self.stride * window.stride,
            padding=self.padding + window.padding * self.stride,
        )


@dataclass(frozen=True, eq=False)
class PixelRange:
    """Which pixels each cell along one axis depends on: the first and the last of them, exactly, within the picture.

    A cell that depends on none has the pair `NOTHING`. `uniform` is None where there is no closed form: where windows
    differ from cell to cell (adaptive pools that do not divide evenly), and for what reaches everywhere.
    """

    first: Pixels
    last: Pixels
    uniform: Uniform | None = None

    def through(self, window: Window, cells: int) -> PixelRange:
        """Return the reach of the `cells` cells that a window makes of these; where it overhangs is padding."""
        taps = np.arange(window.kernel) * window.dilation - window.padding
        sources, valid = _within(np.arange(cells)[:, None] * window.stride + taps, len(self.first), window.mode)
        uniform = self.uniform.through(window) if self.uniform else None
        return PixelRange(*self._union(sources, valid), uniform)

    def divided(self, cells: int) -> PixelRange:
        """Return the reach behind an adaptive pool, whose windows go from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉, exclusive."""
        if len(self.first) % cells == 0:
            kernel = len(self.first) // cells
            return self.through(Window(kernel, kernel), cells)
        starts = np.arange(cells) * len(self.first) // cells
        ends = -(-(np.arange(cells) + 1) * len(self.first) // cells)
        sources = starts[:, None] + np.arange((ends - starts).max())
        return PixelRange(*self._union(np.minimum(sources, len(self.first) - 1), sources < ends[:, None]))

    def everywhere(self, cells: int) -> PixelRange:
        """Return the reach of `cells` cells each of which depends on all of these."""
        first, last = self.first.min(initial=NOTHING[0]), self.last.max(initial=NOTHING[1])
        return PixelRange(np.full(cells, first), np.full(cells, last))

    def _union(self, sources: Pixels, valid: NDArray[np.bool_]) -> tuple[Pixels, Pixels]:
        """Return the first and the last pixel of the union of the sources (new cells, taps) that are valid."""
        first = np.where(valid, self.first[sources], NOTHING[0]).min(axis=1, initial=NOTHING[0])
        last = np.where(valid, self.last[sources], NOTHING[1]).max(axis=1, initial=NOTHING[1])
        return first, last


def _within(places: Pixels, cells: int, mode: PaddingMode) -> tuple[Pixels, NDArray[np.bool_]]:
    """Return which cells of the map the places are, padding included, and which of them hold any of the picture."""
    end = cells - 1
    inside = (places >= 0) & (places <= end)
    if mode == "circular":
        return places % cells, np.ones_like(inside)
    if mode == "reflect":
        return np.clip(end - np.abs(end - np.abs(places)), 0, end), np.ones_like(inside)
    return np.clip(places, 0, end), inside | (mode == "replicate")


def union(pixel_ranges: Sequence[PixelRange]) -> PixelRange:
    """Return the reach of cells each of which depends on what any of the others, all equally many, depend on."""
    first = np.minimum.reduce([pixel_range.first for pixel_range in pixel_ranges])
    last = np.maximum.reduce([pixel_range.last for pixel_range in pixel_ranges])
    return PixelRange(first, last, _union_of_forms([pixel_range.uniform for pixel_range in pixel_ranges]))


def _union_of_forms(forms: Sequence[Uniform | None]) -> Uniform | None:
    """Return the one form of several branches: from the earliest beginning to the latest end, if strides agree."""
    known = [form for form in forms if form is not None]
    if len(known) < len(forms) or len({form.stride for form in known}) > 1:
        return None
    padding = max(form.padding for form in known)
    return Uniform(max(form.size - form.padding for form in known) + padding, known[0].stride, padding)


@dataclass(frozen=True, eq=False)
class Axis:
    """What the cells along one axis depend on: through windows that move with the cell, and through everything else.

    `local` keeps the cell's place. `whole` is what came through a step that mixes all places (a global pool, a
    flattened map, the gate of squeeze-and-excite). None where nothing came that way; never are both None.
    """

    local: PixelRange | None
    whole: PixelRange | None = None

    @classmethod
    def of_picture(cls, pixels: int) -> Axis:
        """Return the axis of the picture itself: each cell is one pixel."""
        return cls(PixelRange(np.arange(pixels), np.arange(pixels), Uniform(size=1, stride=1, padding=0)))

    @property
    def full(self) -> PixelRange:
        """Return everything that the cells depend on."""
        both = [pixel_range for pixel_range in (self.local, self.whole) if pixel_range is not None]
        return both[0] if len(both) == 1 else union(both)

    @property
    def cells(self) -> int:
        """Return how many cells there are."""
        return max(len(pixel_range.first) for pixel_range in (self.local, self.whole) if pixel_range is not None)

    def through(self, window: Window, cells: int) -> Axis:
        """Return the axis of the `cells` cells that a window makes of this one."""
        if window == Window() and cells == self.cells:
            return self
        return self._each(lambda pixel_range: pixel_range.through(window, cells))

    def divided(self, cells: int) -> Axis:
        """Return the axis of the `cells` cells of an adaptive pool; a single one mixes all places."""
        if cells == 1:
            return self.mixed()
        if cells == self.cells:
            return self
        return self._each(lambda pixel_range: pixel_range.divided(cells))

    def mixed(self) -> Axis:
        """Return the axis with a single cell that all of this one went into, without a place."""
        return Axis(None, self.full.everywhere(1))

    def normalised(self) -> Axis:
        """Return the axis of cells that keep their place, but are scaled by what all of them together give."""
        return Axis(self.local, self.full.everywhere(self.cells))

    def broadcast(self, cells: int) -> Axis:
        """Return the axis of `cells` cells that all have the value of the single one of this axis."""
        return self if cells == self.cells else Axis(None, self.full.everywhere(cells))

    def _each(self, change: Callable[[PixelRange], PixelRange]) -> Axis:
        local, whole = (
            None if pixel_range is None else change(pixel_range) for pixel_range in (self.local, self.whole)
        )
        return Axis(local, whole)


def merged(axes: Sequence[Axis]) -> Axis:
    """Return the axis of a sum, a product or a concatenation of maps; single cells are broadcast.

    Raises `ValueError` for lengths that do not go together.
    """
    cells = max(axis.cells for axis in axes)
    if any(axis.cells not in {1, cells} for axis in axes):
        raise ValueError(f"axes of {[axis.cells for axis in axes]} cells cannot be merged")
    alike = [axis.broadcast(cells) for axis in axes]
    return Axis(_union_if_any(*(axis.local for axis in alike)), _union_if_any(*(axis.whole for axis in alike)))


def _union_if_any(*pixel_ranges: PixelRange | None) -> PixelRange | None:
    present = [pixel_range for pixel_range in pixel_ranges if pixel_range is not None]
    if len(present) > 1 and any(pixel_range is not present[0] for pixel_range in present):
        return union(present)
    return present[0] if present else None
