"""The layout of filters: kernels in colour, slice by slice, or as one matrix, by page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.i18n import N_
from core.settings import Choice, Integer, Toggle
from core.visualization.filters.kernel_statistics import Filters
from core.visualization.filters.kernels import Kernels

TILES_PER_SHEET = 256
WEIGHTS_PER_SHEET = 1 << 18  # of a matrix

SLICES = Choice(
    name="slices",
    label=N_("Slices"),
    default="filter",
    options=(("filter", N_("One filter")), ("input", N_("All filters"))),
    help=N_(
        "A filter has one slice for each input channel: look at all slices of one filter, or, of all filters, at the "
        "slice for one input channel."
    ),
)
INPUT = Integer(name="input", label=N_("Input channel"), default=0, minimum=0)
FILTER_ORDER = Choice(
    name="filters",
    label=N_("Sort by"),
    default="index",
    options=(("index", N_("Index")), ("norm", N_("Norm"))),
    help=N_("The norm is the length of all weights as one vector, √Σw²; the largest come first."),
)
SPAN = Choice(
    name="span",
    label=N_("Colour range"),
    default="layer",
    options=(("each", N_("Per kernel")), ("layer", N_("Per layer"))),
    help=N_("Per kernel shows the pattern of weak kernels too; per layer shows which ones are strong."),
)
SHEET = Integer(name="sheet", label=N_("Page of filters"), default=0, minimum=0)
"""The page; 0 stands for the one on which the chosen filter, or the chosen input channel, is."""
BESIDE = Toggle(
    name="beside",
    label=N_("Untrained beside"),
    default=True,
    help=N_("The same layer of the same network before training: random numbers, drawn with seed 0."),
)


@dataclass(frozen=True, kw_only=True)
class FilterView:
    """How filters are looked at: `filter` and `input` are the chosen ones. Validates itself, raises `ValueError`."""

    filter: int = 0
    input: int = INPUT.default
    slices: str = SLICES.default
    order: str = FILTER_ORDER.default
    span: str = SPAN.default
    page: int = SHEET.default

    def __post_init__(self) -> None:
        for setting, value in ((SLICES, self.slices), (FILTER_ORDER, self.order), (SPAN, self.span)):
            if value not in setting.values:
                raise ValueError(f"unknown {setting.name} {value!r}")
        if min(self.filter, self.input, self.page) < 0:
            raise ValueError(f"filter {self.filter}, input {self.input} and page {self.page} must not be negative")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page of kernels, ready to be drawn.

    `maps` are float32 (n, height, width), or (n, 3, height, width) where the three input channels are red, green and
    blue. `numbers` says whose each is: the filter's or, with `of_inputs`, the input channel's. Kernel k is coloured
    from -reach[k] to reach[k]; `dead` marks the filters that are.
    """

    maps: Kernels
    numbers: NDArray[np.intp]
    reach: NDArray[np.float32]
    dead: NDArray[np.bool_]
    of_inputs: bool
    page: int
    pages: int

    @property
    def in_colour(self) -> bool:
        """Return whether the maps are red, green and blue."""
        return self.maps.ndim == 4

    @property
    def widest(self) -> float:
        """Return the upper end of the widest range that any kernel is coloured on; the lower is its opposite."""
        return float(self.reach.max())


@dataclass(frozen=True, eq=False)
class Matrix:
    """Kernels of 1×1 as a matrix, float32 (n filters, in / groups), coloured from -reach to reach of each row.

    Row k is the filter `numbers[k]`; its first column is the input channel `first_inputs[k]`.
    """

    weights: Kernels
    numbers: NDArray[np.intp]
    first_inputs: NDArray[np.intp]
    reach: NDArray[np.float32]
    dead: NDArray[np.bool_]
    page: int
    pages: int

    @property
    def widest(self) -> float:
        """Return the upper end of the widest range that any row is coloured on; the lower is its opposite."""
        return float(self.reach.max())


def sheet(filters: Filters, view: FilterView) -> Sheet:
    """Return the page of kernels that `view` asks for, the last one where there are fewer.

    In colour there are all filters; otherwise all slices of the chosen filter, or those of all filters that see the
    chosen input channel. Where each filter has one slice only, they are all shown. Raises `IndexError` for a filter or
    an input channel that there is not.
    """
    convolution = filters.convolution
    _check(filters, view)
    if shows_inputs(filters, view):
        kernels, numbers = filters.kernels[view.filter], np.array(convolution.inputs_of(view.filter), np.intp)
        weights, chosen = np.sqrt((kernels.astype(np.float64) ** 2).sum((1, 2))), view.input
        dead = np.zeros(len(numbers), bool)
    else:
        numbers, kernels = _all_kernels(filters, view)
        weights, chosen = filters.norms[numbers], view.filter
        dead = filters.dead[numbers]
    order = _order(weights, view)
    places, page, pages = _page(order, numbers, chosen, view.page, TILES_PER_SHEET)
    maps = np.ascontiguousarray(kernels[places])
    return Sheet(
        maps, numbers[places], _reach(maps, filters, view), dead[places], shows_inputs(filters, view), page, pages
    )


def shows_inputs(filters: Filters, view: FilterView) -> bool:
    """Return whether the sheet shows the input slices of one filter, and not one kernel of each filter."""
    convolution = filters.convolution
    return convolution.layout == "slices" and not convolution.is_depthwise and view.slices == "filter"


def matrix(filters: Filters, view: FilterView) -> Matrix:
    """Return the page of a matrix of 1×1 kernels that `view` asks for, the last one where there are fewer.

    Raises `IndexError` for a filter that there is not, `ValueError` where the kernels are not of 1×1.
    """
    convolution = filters.convolution
    _check(filters, view)
    if convolution.shape[2:] != (1, 1):
        raise ValueError(f"kernels of {convolution.shape[2:]} are no matrix")
    everyone = np.arange(convolution.filters)
    size = max(1, min(TILES_PER_SHEET, WEIGHTS_PER_SHEET // convolution.shape[1]))
    numbers, page, pages = _page(_order(filters.norms, view), everyone, view.filter, view.page, size)
    weights = np.ascontiguousarray(filters.kernels[numbers, :, 0, 0])
    firsts = numbers // (convolution.filters // convolution.groups) * convolution.shape[1]
    return Matrix(weights, numbers, firsts, _reach(weights, filters, view), filters.dead[numbers], page, pages)


def _check(filters: Filters, view: FilterView) -> None:
    convolution = filters.convolution
    if view.filter >= convolution.filters or view.input >= convolution.inputs:
        raise IndexError(f"there are {convolution.filters} filters of {convolution.inputs} input channels")


def _all_kernels(filters: Filters, view: FilterView) -> tuple[NDArray[np.intp], Kernels]:
    """Return one kernel for each filter: in colour, its only slice, or that for the chosen input channel."""
    convolution = filters.convolution
    if convolution.layout == "colour":
        return np.arange(convolution.filters), filters.kernels
    if convolution.is_depthwise:
        return np.arange(convolution.filters), filters.kernels[:, 0]
    numbers = np.array(convolution.filters_of(view.input), np.intp)
    return numbers, filters.kernels[numbers, view.input % convolution.shape[1]]


def _order(strengths: NDArray[np.floating], view: FilterView) -> NDArray[np.intp]:
    return np.arange(len(strengths)) if view.order == "index" else np.argsort(-strengths, kind="stable")


def _page(
    order: NDArray[np.intp], numbers: NDArray[np.intp], chosen: int, page: int, size: int
) -> tuple[NDArray[np.intp], int, int]:
    """Return the places on a page (0: the one that `chosen` is on), its number, and how many pages there are."""
    pages = -(-len(order) // size)
    if page == 0:
        found = np.flatnonzero(numbers[order] == chosen)
        page = int(found[0]) // size + 1 if len(found) else 1
    page = min(page, pages)
    return order[(page - 1) * size : page * size], page, pages


def _reach(maps: Kernels, filters: Filters, view: FilterView) -> NDArray[np.float32]:
    if view.span == "layer":
        return np.full(len(maps), filters.reach, np.float32)
    reach: NDArray[np.float32] = np.abs(maps.reshape(len(maps), -1)).max(1)
    return reach
