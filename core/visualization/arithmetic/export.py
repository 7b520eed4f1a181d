"""Exports the arithmetic of a cell: a CSV of all terms, an NPZ of the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.encoding import csv_text, npz_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.scripts import ScriptStart
from core.visualization.arithmetic.explain import CellArithmetic
from core.visualization.arithmetic.records import Activated, CellOperation, Merge, Normalised, Pool, WeightedSum
from core.visualization.arithmetic.script import write_arithmetic_script

HEAD = ("step", "layer", "channel", "row", "column", "value")
Row = tuple[str | int | float, ...]
"""What is done in which layer, the channel, row and column of the number read (or nothing), and the number."""


def rows(arithmetic: CellArithmetic) -> Iterator[Row]:
    """Yield the terms in the order of the arithmetic, the largest contributions first, as `HEAD` names their parts.

    A convolution's terms are those of its input channels; the last row is the value in the network's own tensor.
    """
    operation, cell = arithmetic.operation, arithmetic.cell
    yield from _terms(operation)
    yield "result", arithmetic.layers[0] or "", *cell.place, operation.total
    for step in arithmetic.steps:
        done = {Normalised: "normalisation", Activated: "activation"}.get(type(step), "unchanged")
        yield done, step.layer, *cell.place, step.value
    yield "tensor", cell.layer, *cell.place, arithmetic.stored_value


def _terms(operation: CellOperation) -> Iterator[Row]:
    if isinstance(operation, WeightedSum):
        source = operation.source.layer or "picture"
        for index in operation.order:
            yield "input channel", source, int(operation.channels[index]), "", "", float(operation.sums[index])
        if operation.bias is not None:
            yield "bias", operation.layer, "", "", "", operation.bias
    elif isinstance(operation, Pool):
        for row, column in np.argwhere(operation.inside):
            index = (operation.channel, int(row), int(column))
            yield "window", operation.source.layer or "picture", *index, float(operation.patch[row, column])
        if operation.method == "average":
            yield "divisor", operation.layer, "", "", "", operation.divisor
    elif isinstance(operation, Merge):
        for part in operation.parts:
            source = (part.source.layer or "picture") if part.source else operation.layer
            yield operation.method, source, part.channel, part.row, part.column, part.value


def to_csv(arithmetic: CellArithmetic) -> bytes:
    """Return the terms as CSV with a head line, in UTF-8; numbers have all their digits."""
    return csv_text(HEAD, rows(arithmetic)).encode()


def to_npz(arithmetic: CellArithmetic) -> bytes:
    """Return NumPy's compressed file of what lies under the window, and the `values` of all `layers` of the chain.

    A convolution has `channels`, `patches`, `kernels`, `products`, `inside` (False for padding) and `bias`; a pool has
    `patch`, `inside` and, for an average, `divisor`; a merge has `parts`. `stored` are the values in the tensors.
    """
    operation = arithmetic.operation
    arrays: dict[str, Any] = {
        "layers": [name or "picture" for name in arithmetic.layers],
        "values": arithmetic.values,
        "stored": arithmetic.stored,
    }
    if isinstance(operation, WeightedSum):
        names = ("channels", "patches", "kernels", "products", "inside")
        arrays |= {name: getattr(operation, name) for name in names} | {"bias": operation.bias or 0.0}
    elif isinstance(operation, Pool):
        arrays |= {"patch": operation.patch, "inside": operation.inside}
        arrays |= {"divisor": operation.divisor} if operation.method == "average" else {}
    elif isinstance(operation, Merge):
        arrays |= {"parts": [part.value for part in operation.parts]}
    return npz_bytes(**arrays)


@dataclass(frozen=True, kw_only=True, eq=False)
class ArithmeticExport:
    """The arithmetic on the screen; `stem` begins the files' names."""

    start: ScriptStart
    stem: str
    arithmetic: CellArithmetic


@exports_of.register
def _exports(shown: ArithmeticExport) -> Exports:
    cell, arithmetic = shown.arithmetic.cell, shown.arithmetic
    stem = f"{shown.stem}-{cell.channel}-{cell.row}-{cell.column}"
    files = (
        ExportFile(N_("All terms as CSV"), f"{stem}.csv", "text/csv", lambda: to_csv(arithmetic)),
        ExportFile(
            N_("Patches, kernels and products as NPZ"),
            f"{stem}.npz",
            "application/octet-stream",
            lambda: to_npz(arithmetic),
        ),
    )
    return Exports(files, write_arithmetic_script(shown.start, cell), "arithmetic.py")
