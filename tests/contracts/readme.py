"""Writes the README's table of backbones from the registry: `python -m tests.contracts.readme`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from core.architectures.backbones import BACKBONES

README = Path(__file__).parents[2] / "README.md"
START = "<!-- backbones: written by `python -m tests.contracts.readme` -->\n"
END = "<!-- end of backbones -->\n"


def table() -> str:
    """Return the table: a row a family, with its backbones and their parameters."""
    lines = ["| family | backbones (million parameters) |", "| --- | --- |"]
    rows = sorted(BACKBONES.values(), key=lambda entry: list(BACKBONES.values()).index(_first(entry.family)))
    for family, kin in groupby(rows, lambda entry: entry.family):
        names = ", ".join(f"{entry.title} ({entry.parameters / 1e6:.1f})" for entry in kin)
        lines.append(f"| {family} | {names} |")
    return "\n".join(lines) + "\n"


def _first(family: str) -> object:
    return next(entry for entry in BACKBONES.values() if entry.family == family)


def renewed(text: str) -> str:
    """Return the README's `text` with the table as it has to be today."""
    before, rest = text.split(START)
    return before + START + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
