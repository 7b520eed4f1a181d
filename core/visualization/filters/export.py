"""Exports of filters: the picture, their figures, the kernels, and the program."""

from __future__ import annotations

from dataclasses import dataclass

from core.encoding import npz_bytes, png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.visualization.filters.kernel_statistics import Filters
from core.visualization.filters.script import FiltersRequest, write_script
from core.visualization.filters.table import to_csv


@dataclass(frozen=True, kw_only=True, eq=False)
class FiltersExport:
    """The filters on the screen."""

    request: FiltersRequest
    filters: Filters


@exports_of.register
def _exports(shown: FiltersExport) -> Exports:
    found = shown.filters
    stem = f"{shown.request.start.backbone}-{found.convolution.layer}-filters"
    files = (
        ExportFile(N_("Filters as PNG"), f"{stem}.png", "image/png", lambda: _png(shown)),
        ExportFile(N_("Norms of all filters as CSV"), f"{stem}.csv", "text/csv", lambda: to_csv(found).encode()),
        ExportFile(
            N_("Kernels of the layer as NPZ"),
            f"{stem}.npz",
            "application/octet-stream",
            lambda: npz_bytes(kernels=found.kernels, norms=found.norms, strengths=found.strengths),
        ),
    )
    return Exports(files, write_script(shown.request), "filters.py")


def _png(shown: FiltersExport) -> bytes:
    from core.visualization.filters.drawing import draw_filters

    request = shown.request
    return png_bytes(draw_filters(shown.filters, request.view, request.caption, request.range_label))
