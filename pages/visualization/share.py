"""What a person takes along: the link, the grid as a picture, the numbers, and a program that computes them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.visualization.grid import Grid, GridView
from core.visualization.script import ScriptRequest, write_script
from pages.components.choosers import weights_label
from pages.components.export import Download, export
from pages.components.pictures import sample_name
from pages.components.words import _
from pages.visualization.ranges import range_text

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.images import Fit, Picture
    from core.visualization.activations import Activations, Maps


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the screen."""

    picture: Picture
    backbone: Backbone
    activations: Activations
    fit: Fit
    layer: str
    view: GridView
    grid: Grid
    maps: Maps

    @property
    def caption(self) -> str:
        """Return one line that says what the grid shows."""
        shape = "×".join(str(size) for size in self.maps.shape)
        title = f"{self.backbone.entry.title} ({weights_label(self.backbone.weights)})"
        parts = [title, self.layer, shape, self.picture.name]
        if self.grid.pages > 1:
            parts.append(_("page {page} of {pages}", page=self.grid.page, pages=self.grid.pages))
        return " · ".join(parts)

    @property
    def stem(self) -> str:
        """Return the beginning of the names of downloaded files."""
        return f"{self.backbone.entry.name}-{self.layer}"


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
    from core.visualization.drawing import draw_grid

    buffer = io.BytesIO()
    draw_grid(shown.grid, request.caption, request.range_label).save(buffer, "PNG")
    return buffer.getvalue()


def _npz(shown: Shown) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, maps=shown.maps, logits=shown.activations.logits)
    return buffer.getvalue()


def _request(shown: Shown) -> ScriptRequest:
    return ScriptRequest(
        sample=sample_name(),
        file_name=shown.picture.name,
        backbone=shown.backbone.entry.name,
        weights=shown.backbone.weights,
        seed=shown.backbone.seed,
        fit=shown.fit,
        layer=shown.layer,
        view=shown.view,
        caption=shown.caption,
        range_label=range_text(shown.grid, shown.view),
    )
