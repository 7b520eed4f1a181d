"""Exports of attribution maps: the picture, the numbers, the scores of the methods, and the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.encoding import npz_bytes, png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.visualization.attribution.method_comparison import table
from core.visualization.attribution.script import FILE_NAME, EvidenceRequest, write_attribution_script

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.visualization.attribution.base import Attribution
    from core.visualization.attribution.method_comparison import MethodComparison


@dataclass(frozen=True, kw_only=True, eq=False)
class AttributionExport:
    """The maps on the screen, with a label for each target and the text of their range, and the scores if compared."""

    request: EvidenceRequest
    image: Image
    logits: NDArray[np.float32]
    found: Attribution
    labels: Sequence[str]
    range_label: str
    comparison: MethodComparison | None


@exports_of.register
def _exports(shown: AttributionExport) -> Exports:
    request, comparison = shown.request, shown.comparison
    stem, files = f"{request.start.backbone}-{request.method}", []
    if shown.found.maps is not None:
        files += [
            ExportFile(N_("Picture with the maps as PNG"), f"{stem}.png", "image/png", lambda: _png(shown)),
            ExportFile(N_("Maps as NPZ"), f"{stem}.npz", "application/octet-stream", lambda: _npz(shown)),
        ]
    if comparison is not None and comparison.entrants:
        name = f"{request.start.backbone}-methods.csv"
        files.append(
            ExportFile(N_("Scores of the methods as CSV"), name, "text/csv", lambda: table(comparison).encode())
        )
    return Exports(tuple(files), write_attribution_script(request), FILE_NAME)


def _png(shown: AttributionExport) -> bytes:
    from core.visualization.attribution.drawing import draw_evidence

    drawn = draw_evidence(shown.image, shown.found, shown.request.caption, shown.labels, shown.range_label)
    return png_bytes(drawn)


def _npz(shown: AttributionExport) -> bytes:
    maps = np.stack([shown.found.of(target) for target in shown.found.targets])
    return npz_bytes(maps=maps, targets=shown.found.targets, logits=shown.logits)
