"""The statistics of all filters as CSV."""

from __future__ import annotations

from core.encoding import csv_text
from core.visualization.filters.kernel_statistics import Filters

COLUMNS = ("filter", "norm", "gain", "strength", "dead", "closest", "cosine")


def to_csv(filters: Filters) -> str:
    """Return a line for each filter, with a head; what there is not (a gain, a closest other filter) is empty.

    `gain` is what the batch normalisation that follows multiplies by, `strength` its absolute value times the norm.
    """
    return csv_text(COLUMNS, (_row(filters, number) for number in range(filters.convolution.filters)))


def _row(filters: Filters, number: int) -> tuple[object, ...]:
    closest = int(filters.likeness.closest[number])
    return (
        number,
        f"{filters.norms[number]:.6g}",
        "" if filters.gains is None else f"{filters.gains[number]:.6g}",
        f"{filters.strengths[number]:.6g}",
        int(filters.dead[number]),
        "" if closest < 0 else closest,
        "" if closest < 0 else f"{filters.likeness.cosines[number]:.6f}",
    )
