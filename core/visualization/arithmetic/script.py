"""The program that computes one cell of a layer by hand, with core alone, and compares."""

from __future__ import annotations

from core.scripts import ScriptStart, render_script
from core.visualization.arithmetic.explain import Cell


def write_arithmetic_script(start: ScriptStart, cell: Cell) -> str:
    """Return the program; it prints all terms and writes arithmetic.csv and arithmetic.npz where it is run."""
    return render_script("cell_arithmetic", file_name="arithmetic.py", start=start, cell=cell)
