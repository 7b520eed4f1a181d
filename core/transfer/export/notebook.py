"""A program in the percent format as a Jupyter notebook."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

CELL = "# %%"


@dataclass(frozen=True)
class NotebookCell:
    """A cell of a notebook: its heading, and its code."""

    heading: str
    code: str


def cells(text: str) -> list[NotebookCell]:
    """Return the cells of a program: what stands before the first marker comes without a heading."""
    found = []
    for index, part in enumerate(re.split(rf"^{CELL} ?", text, flags=re.MULTILINE)):
        heading, _, code = part.partition("\n") if index else ("", "", part)
        found.append(NotebookCell(heading.strip(), code.strip("\n")))
    return found


def notebook(text: str) -> bytes:
    """Return a program as a Jupyter notebook (nbformat 4.5), a heading and a cell of code for each of its cells."""
    written: list[dict[str, Any]] = []
    for index, cell in enumerate(cells(text)):
        if cell.heading:
            said = {"cell_type": "markdown", "source": f"## {cell.heading}"}
            written.append({**said, "id": f"said-{index}", "metadata": {}})
            code: dict[str, Any] = {"execution_count": None, "outputs": [], "source": cell.code}
            written.append({"cell_type": "code", "id": f"done-{index}", "metadata": {}, **code})
        else:
            beginning = cell.code.strip('"').strip()
            written.append({"cell_type": "markdown", "id": "beginning", "metadata": {}, "source": beginning})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False).encode()
