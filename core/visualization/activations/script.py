"""The program that captures the activation maps of a layer and draws them as the page does, with core alone."""

from __future__ import annotations

from dataclasses import dataclass

from core.scripts import ScriptStart, render_script
from core.visualization.activations.grid import GridView


@dataclass(frozen=True, kw_only=True)
class ScriptRequest(ScriptStart):
    """What a program is to reproduce; `caption` and `range_label` are the texts drawn into the picture of the grid."""

    layer: str
    view: GridView
    caption: str
    range_label: str


def write_script(request: ScriptRequest) -> str:
    """Return the program; it prints the top 5 and writes activations.png and activations.npz where it is run."""
    return render_script(
        "activations",
        file_name="activations.py",
        start=request,
        layer=request.layer,
        view=request.view,
        caption=request.caption,
        range_label=request.range_label,
    )
