"""Many calls of one function of a module at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.browser.canvas.canvas_modules import CanvasModules


def each(modules: CanvasModules, module: str, name: str, cases: Sequence[Sequence[Any]]) -> list[Any]:
    """Return what the function `name` of a module returns for the values of each case."""
    return list(modules.run(module, f"(module, cases) => cases.map((values) => module.{name}(...values))", cases))
