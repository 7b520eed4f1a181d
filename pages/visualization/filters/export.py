"""What a person takes along of the filters: the picture, their figures, the kernels, and a program."""

from __future__ import annotations

from core.encoding import npz_bytes, png_bytes
from core.visualization.filters.kernel_statistics import Filters
from core.visualization.filters.layout import FilterView, Matrix, matrix, sheet
from core.visualization.filters.script import FiltersRequest, write_script
from core.visualization.filters.table import as_csv
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export
from pages.visualization.filters.text import range_words
from pages.visualization.selection import Selection


def share(focus: Selection, found: Filters, view: FilterView) -> None:
    """Draw the downloads of what is on the screen, and the program that reproduces it."""
    # The texts are made now: a button's file is made later, outside of the visitor's session and language.
    request = _request(focus, found, view)
    stem = f"{focus.backbone.entry.name}-{found.convolution.layer}-filters"
    downloads = [
        Download(_("Filters as PNG"), f"{stem}.png", "image/png", lambda: _png(found, request)),
        Download(_("Norms of all filters as CSV"), f"{stem}.csv", "text/csv", lambda: as_csv(found).encode()),
        Download(_("Kernels of the layer as NPZ"), f"{stem}.npz", "application/octet-stream", lambda: _npz(found)),
    ]
    export(downloads, write_script(request), "filters.py")


def _png(found: Filters, request: FiltersRequest) -> bytes:
    from core.visualization.filters.drawing import draw_filters

    return png_bytes(draw_filters(found, request.view, request.caption, request.range_label))


def _npz(found: Filters) -> bytes:
    return npz_bytes(kernels=found.kernels, norms=found.norms, strengths=found.strengths)


def _request(focus: Selection, found: Filters, view: FilterView) -> FiltersRequest:
    shown = matrix(found, view) if found.convolution.layout == "matrix" else sheet(found, view)
    parts = [focus.network, found.convolution.layer, "×".join(str(size) for size in found.convolution.shape)]
    if not isinstance(shown, Matrix) and shown.of_inputs:
        parts.append(_("filter {number}", number=view.filter))
    elif found.convolution.layout == "slices" and not found.convolution.is_depthwise:
        parts.append(_("input channel {number}", number=view.input))
    if shown.pages > 1:
        parts.append(_("page {page} of {pages}", page=shown.page, pages=shown.pages))
    in_colour = found.convolution.layout == "colour"
    return FiltersRequest(
        start=focus.start,
        layer=found.convolution.layer,
        view=view,
        caption=" · ".join(parts),
        range_label=range_words(shown.widest, view, in_colour),
    )
