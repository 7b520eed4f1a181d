"""Exports of activation maximisation: the images, the numbers, and the program."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from core.encoding import png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.visualization.feature_visualization.history import History, sheet
from core.visualization.feature_visualization.records import Maximisation
from core.visualization.feature_visualization.script import FILE_NAME, write_feature_visualization_script


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureVisualizationExport:
    """The images on the screen; `ladder` says that they differ by their ingredients."""

    stem: str
    config: Maximisation
    ladder: bool
    history: History


@exports_of.register
def _exports(shown: FeatureVisualizationExport) -> Exports:
    stem, history = f"{shown.stem}-made", shown.history
    files = [
        ExportFile(N_("Made picture as PNG"), f"{stem}.png", "image/png", lambda: _png(history)),
        ExportFile(N_("Scores as CSV"), f"{stem}.csv", "text/csv", history.to_csv),
    ]
    if history.made is not None:
        title = N_("Pixels, logits and scores as NPZ")
        files.append(ExportFile(title, f"{stem}.npz", "application/octet-stream", history.to_npz))
    return Exports(tuple(files), write_feature_visualization_script(shown.config, shown.ladder), FILE_NAME)


def _png(history: History) -> bytes:
    return png_bytes(Image.fromarray(sheet(history.pixels)))
