"""What a person takes along of made pictures: the pictures, the numbers, and the program that makes them again."""

from __future__ import annotations

from PIL import Image

from core.encoding import png_bytes
from core.visualization.feature_visualization.history import History, sheet
from core.visualization.feature_visualization.script import FILE_NAME, write_made_script
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export
from pages.visualization.feature_visualization.options import VisualizationRequest
from pages.visualization.selection import Selection


def share(focus: Selection, wish: VisualizationRequest, history: History) -> None:
    """Draw the downloads of what has been made, and the program."""
    stem = f"{focus.stem}-made"
    downloads = [
        Download(_("Made picture as PNG"), f"{stem}.png", "image/png", lambda: _png(history)),
        Download(_("Scores as CSV"), f"{stem}.csv", "text/csv", history.to_csv),
    ]
    if history.made is not None:
        title = _("Pixels, logits and scores as NPZ")
        downloads.append(Download(title, f"{stem}.npz", "application/octet-stream", history.to_npz))
    export(downloads, write_made_script(wish.config, wish.ladder), FILE_NAME)


def _png(history: History) -> bytes:
    return png_bytes(Image.fromarray(sheet(history.pixels)))
