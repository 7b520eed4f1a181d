"""What a person takes along: the link, the grid as a picture, the numbers, and a program that computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.encoding import npz_bytes, png_bytes
from core.visualization.activations.grid import Grid, GridView
from core.visualization.activations.script import ScriptRequest, write_script
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export
from pages.visualization.number_format import range_text
from pages.visualization.selection import Selection

if TYPE_CHECKING:
    from core.visualization.activations.capture import Maps


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the screen."""

    focus: Selection
    layer: str
    view: GridView
    grid: Grid
    maps: Maps

    @property
    def caption(self) -> str:
        """Return one line that says what the grid shows."""
        shape = "×".join(str(size) for size in self.maps.shape)
        parts = [self.focus.network, self.layer, shape, self.focus.picture.name]
        if self.grid.pages > 1:
            parts.append(_("page {page} of {pages}", page=self.grid.page, pages=self.grid.pages))
        return " · ".join(parts)

    @property
    def stem(self) -> str:
        """Return the beginning of the names of downloaded files."""
        return f"{self.focus.backbone.entry.name}-{self.layer}"


def share(shown: Shown) -> None:
    """Draw the downloads of what is on the screen, and the program that reproduces it."""
    # The texts are made now: a button's file is made later, outside of the visitor's session and language.
    request = _request(shown)
    downloads = [
        Download(_("Grid as PNG"), f"{shown.stem}.png", "image/png", lambda: _png(shown, request)),
        Download(
            _("Activations of the layer as NPZ"), f"{shown.stem}.npz", "application/octet-stream", lambda: _npz(shown)
        ),
    ]
    export(downloads, write_script(request), "activations.py")


def _png(shown: Shown, request: ScriptRequest) -> bytes:
    from core.visualization.activations.drawing import draw_grid

    return png_bytes(draw_grid(shown.grid, request.caption, request.range_label))


def _npz(shown: Shown) -> bytes:
    return npz_bytes(maps=shown.maps, logits=shown.focus.activations.logits)


def _request(shown: Shown) -> ScriptRequest:
    return ScriptRequest(
        **vars(shown.focus.start),
        layer=shown.layer,
        view=shown.view,
        caption=shown.caption,
        range_label=range_text(shown.grid, shown.view),
    )
