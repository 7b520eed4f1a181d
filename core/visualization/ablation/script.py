"""The program that silences channels of a layer as the page does, with core alone."""

from __future__ import annotations

from core.scripts import ScriptStart, render_script

FILE_NAME = "knockout.py"


def write_ablation_script(start: ScriptStart, layer: str, filling: str, silenced: str, class_index: int) -> str:
    """Return the program; it prints the answer and what matters most for a class, and writes importance.csv."""
    return render_script(
        "ablation",
        file_name=FILE_NAME,
        start=start,
        layer=layer,
        filling=filling,
        silenced=silenced,
        class_index=class_index,
    )
