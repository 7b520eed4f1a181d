"""Exports of activation maps: the grid as a picture, the numbers, and the program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoding import npz_bytes, png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.visualization.activations.activation_capture import Maps
from core.visualization.activations.grid import Grid
from core.visualization.activations.script import ScriptRequest, write_script


@dataclass(frozen=True, kw_only=True, eq=False)
class MapsExport:
    """The maps on the screen: `maps` (channels, height, width), arranged as `grid`; `stem` begins the files' names."""

    request: ScriptRequest
    stem: str
    grid: Grid
    maps: Maps
    logits: NDArray[np.float32]


@exports_of.register
def _exports(shown: MapsExport) -> Exports:
    files = (
        ExportFile(N_("Grid as PNG"), f"{shown.stem}.png", "image/png", lambda: _png(shown)),
        ExportFile(
            N_("Activations of the layer as NPZ"),
            f"{shown.stem}.npz",
            "application/octet-stream",
            lambda: npz_bytes(maps=shown.maps, logits=shown.logits),
        ),
    )
    return Exports(files, write_script(shown.request), "activations.py")


def _png(shown: MapsExport) -> bytes:
    from core.visualization.activations.drawing import draw_grid

    return png_bytes(draw_grid(shown.grid, shown.request.caption, shown.request.range_label))
