"""The terms of a sum as they are shown: the largest first, by page, the rest as one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.visualization.arithmetic.records import (
    CellOperation,
    Given,
    Merge,
    Normalised,
    Numbers,
    Pool,
    Slide,
    Source,
    WeightedSum,
)

PER_PAGE = 6

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Term:
    """One input of the operation: which `channel` of which `source`, its `map`, and the `value` it contributes.

    `kernel` is what a window of the map is multiplied by, None where there are no weights. `source` and `map` are None
    for a number that the network itself holds.
    """

    source: Source | None
    channel: int
    value: float
    map: Map | None
    kernel: Numbers | None = None


@dataclass(frozen=True, eq=False)
class Terms:
    """A page of terms, the `page`-th of `pages`; `others` more contribute `rest`.

    Their maps are coloured from `low` to `high`, around zero where they are `signed`; weights from -`limit` to
    `limit`, the largest of the whole filter. `rows` and `columns` tell how the window moves; None where each output
    reads the cell at its own place.
    """

    shown: tuple[Term, ...]
    page: int
    pages: int
    others: int
    rest: float
    low: float
    high: float
    signed: bool
    limit: float
    rows: Slide | None
    columns: Slide | None


def terms_of(operation: CellOperation, page: int = 1) -> Terms:
    """Return a page of the terms of an operation, the nearest that there is."""
    if isinstance(operation, WeightedSum):
        return _of_sum(operation, page)
    if isinstance(operation, Pool):
        window = Term(operation.source, operation.channel, operation.total, operation.source.maps[operation.channel])
        return replace(_all([window]), rows=operation.rows, columns=operation.columns)
    if isinstance(operation, Merge):
        return _all([_part(part.source, part.channel, part.value) for part in operation.parts])
    return _all([_given(operation)])


def _of_sum(operation: WeightedSum, page: int) -> Terms:
    count = len(operation.channels)
    pages = -(-count // PER_PAGE)
    page = max(1, min(page, pages))
    places = operation.order[(page - 1) * PER_PAGE : page * PER_PAGE].tolist()
    shown = [_filtered(operation, index) for index in places]
    low, high, signed = _range([term.map for term in shown])
    return Terms(
        shown=tuple(shown),
        page=page,
        pages=pages,
        others=count - len(shown),
        rest=operation.rest(places),
        low=low,
        high=high,
        signed=signed,
        limit=float(np.abs(operation.kernels).max()),
        rows=operation.rows,
        columns=operation.columns,
    )


def _filtered(operation: WeightedSum, index: int) -> Term:
    channel = int(operation.channels[index])
    maps = operation.source.maps
    return Term(operation.source, channel, float(operation.sums[index]), maps[channel], operation.kernels[index])


def _part(source: Source | None, channel: int, value: float) -> Term:
    return Term(source, channel, value, None if source is None else source.maps[channel])


def _given(operation: Given) -> Term:
    return _part(operation.source, operation.channel, operation.total)


def _all(shown: Sequence[Term]) -> Terms:
    low, high, signed = _range([term.map for term in shown])
    return Terms(tuple(shown), 1, 1, 0, 0.0, low, high, signed, 0.0, None, None)


def _range(maps: Sequence[Map | None]) -> tuple[float, float, bool]:
    """Return the range that holds all numbers of some maps, and whether any is negative; then it is symmetric."""
    numbers = [activation for activation in maps if activation is not None]
    low = min((float(number.min()) for number in numbers), default=0.0)
    high = max((float(number.max()) for number in numbers), default=0.0)
    if low < 0:
        reach = max(-low, high)
        return -reach, reach, True
    return 0.0, high, False


def reads_place(steps: Sequence[object]) -> bool:
    """Return whether some step's numbers (a layer normalisation's) differ from place to place."""
    return any(isinstance(step, Normalised) and step.of_place for step in steps)
