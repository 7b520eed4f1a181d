"""Arranges activation maps on a grid: statistics, order, pages, normalisation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.i18n import N_
from core.settings import Choice, Integer, Number
from core.visualization.activations.activation_capture import Maps
from core.visualization.colormaps import is_signed

VALUES_PER_PAGE = 32 * 224 * 224
CHANNELS_PER_PAGE = 512
FINE_VALUES = 400_000

ORDER = Choice(
    name="order",
    label=N_("Sort by"),
    default="index",
    options=(
        ("index", N_("Index")),
        ("mean", N_("Mean")),
        ("maximum", N_("Maximum")),
        ("sparsity", N_("Sparsity")),
    ),
    help=N_("Mean, maximum and sparsity (the share of zeros) put the largest first."),
)
NORMALISATION = Choice(
    name="range",
    label=N_("Colour range"),
    default="layer",
    options=(("channel", N_("Per channel")), ("layer", N_("Per layer")), ("fixed", N_("Fixed"))),
    help=N_("Per channel shows faint maps but hides how strong they are; per layer and fixed make maps comparable."),
)
LIMIT = Number(name="limit", label=N_("Up to"), default=1.0, minimum=0.01, maximum=1000.0, step=0.5)
MOMENT = Choice(
    name="activation",
    label=N_("Activation function"),
    default="layer",
    options=(("layer", N_("As it is")), ("before", N_("Before")), ("after", N_("After"))),
    help=N_("Show what enters or leaves the activation function that this layer is or leads to."),
)
PAGE = Integer(name="page", label=N_("Page of channels"), default=1, minimum=1)


@dataclass(frozen=True, kw_only=True)
class GridView:
    """How a grid of maps is looked at; validates itself and raises `ValueError`."""

    order: str = ORDER.default
    normalisation: str = NORMALISATION.default
    limit: float = LIMIT.default
    page: int = PAGE.default

    def __post_init__(self) -> None:
        if self.order not in ORDER.values or self.normalisation not in NORMALISATION.values:
            raise ValueError(f"unknown order {self.order!r} or normalisation {self.normalisation!r}")
        if not (0 < self.limit < math.inf) or self.page < 1:
            raise ValueError(f"limit {self.limit} must be positive and finite, page {self.page} at least 1")


@dataclass(frozen=True, eq=False)
class ChannelStatistics:
    """Statistics of each channel of a layer, arrays of shape (channels,).

    `sparsity` is the share of positions that are exactly zero; a channel is `dead` for this picture when all are.
    """

    minimum: NDArray[np.float32]
    maximum: NDArray[np.float32]
    mean: NDArray[np.float32]
    sparsity: NDArray[np.float32]

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Return which channels are zero everywhere."""
        dead: NDArray[np.bool_] = self.sparsity == 1
        return dead


@dataclass(frozen=True, eq=False)
class Grid:
    """One page of a layer's channels, ready to be drawn.

    `channels` (n,) are the channels shown, in order, `maps` (n, height, width) their values. `reach` and `statistics`
    are of all channels of the layer: channel c is coloured from 0, or for `signed` maps from -reach[c], to reach[c].
    """

    channels: NDArray[np.intp]
    maps: Maps
    reach: NDArray[np.float32]
    signed: bool
    statistics: ChannelStatistics
    page: int
    pages: int

    @property
    def high(self) -> NDArray[np.float32]:
        """Return the upper end of the range of each map shown."""
        return self.reach[self.channels]

    @property
    def low(self) -> NDArray[np.float32]:
        """Return the lower end of the range of each map shown."""
        return -self.high if self.signed else np.zeros_like(self.high)

    @property
    def range(self) -> tuple[float, float]:
        """Return the widest range that any map of this page is coloured on."""
        return float(self.low.min()), float(self.high.max())

    def range_of(self, channel: int) -> tuple[float, float]:
        """Return the range on which `channel` is coloured, also when it stands on another page."""
        high = float(self.reach[channel])
        return (-high if self.signed else 0.0), high


@dataclass(frozen=True, eq=False)
class Quantised:
    """Maps in few bytes: each value is `start + code / levels * (end - start)` of its channel.

    `codes` are unsigned integers, row by row, map by map, of one byte (255 levels) or two, little-endian (65535).
    """

    codes: bytes
    levels: int
    start: NDArray[np.float32]
    end: NDArray[np.float32]


def quantise(grid: Grid) -> Quantised:
    """Return the maps of `grid` with 16 bits a value, or 8 where the page has more than `FINE_VALUES` values."""
    return encode(grid.maps, grid.statistics.minimum[grid.channels], grid.statistics.maximum[grid.channels])


def encode(maps: Maps, start: NDArray[np.float32], end: NDArray[np.float32]) -> Quantised:
    """Return `maps` (n, height, width) coded so; each has its values from `start` to `end`, (n,)."""
    fine = maps.size <= FINE_VALUES
    levels = 65535 if fine else 255
    span = end.astype(np.float64) - start
    usual = (span == 0) | ((span > 1e-30) & (span < 1e30))
    # float32 has no room for the steps of unusual spans
    precision: type[np.floating] = np.float32 if usual.all() else np.float64
    low, step = (edge.astype(precision)[:, None, None] for edge in (start, np.where(span > 0, span, 1) / levels))
    finite = maps if np.isfinite(maps).all() else np.fmin(np.fmax(maps, low), end[:, None, None])
    codes = np.rint((finite - low) / step)
    return Quantised(codes.astype("<u2" if fine else "u1").tobytes(), levels, start, end)


def statistics(maps: Maps) -> ChannelStatistics:
    """Return the statistics of each channel of `maps` (channels, height, width), where they have overflowed of 0."""
    flat = maps.reshape(len(maps), -1)
    zeros = np.count_nonzero(flat == 0, axis=1) / flat.shape[1]
    if not np.isfinite(flat).all():
        flat = np.where(np.isfinite(flat), flat, 0)
    return ChannelStatistics(flat.min(1), flat.max(1), flat.mean(1), zeros.astype(np.float32))


def channels_per_page(height: int, width: int) -> int:
    """Return how many maps of this size one page holds: few large ones, many small ones."""
    return max(1, min(CHANNELS_PER_PAGE, VALUES_PER_PAGE // (height * width)))


def arrange(maps: Maps, view: GridView) -> Grid:
    """Return the page of `maps` (channels, height, width) that `view` asks for; the last one where there are fewer."""
    figures = statistics(maps)
    signed = is_signed(maps)
    order = _order(figures, view.order)
    size = channels_per_page(*maps.shape[1:])
    pages = -(-len(order) // size)
    page = min(view.page, pages)
    channels = order[(page - 1) * size : page * size]
    reach = _reach(figures, signed, view)
    return Grid(channels, maps[channels], reach, signed, figures, page, pages)


def page_of(maps: Maps, view: GridView, channel: int) -> int:
    """Return the page on which `channel` stands under `view`."""
    position = int(np.flatnonzero(_order(statistics(maps), view.order) == channel)[0])
    return position // channels_per_page(*maps.shape[1:]) + 1


def _order(figures: ChannelStatistics, order: str) -> NDArray[np.intp]:
    if order == "index":
        return np.arange(len(figures.mean))
    return np.argsort(-getattr(figures, order), kind="stable")


def _reach(figures: ChannelStatistics, signed: bool, view: GridView) -> NDArray[np.float32]:
    """Return the upper end of each channel's range; the lower end is zero, or its opposite for signed maps."""
    reach = np.maximum(figures.maximum, -figures.minimum) if signed else figures.maximum
    if view.normalisation == "fixed":
        return np.full_like(reach, view.limit)
    return np.full_like(reach, reach.max()) if view.normalisation == "layer" else reach
