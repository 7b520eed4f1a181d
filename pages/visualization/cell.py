"""One cell of a map: which part of the picture it sees, and how its value is computed."""

from __future__ import annotations

import importlib

from pages.visualization.focus import Focus


def draw(focus: Focus) -> None:
    """Draw the receptive field of the cell, and below it the arithmetic."""
    for part in ("field", "arithmetic"):  # the parts are being written
        try:
            module = importlib.import_module(f"pages.visualization.{part}")
        except ModuleNotFoundError:
            continue
        module.draw(focus)
