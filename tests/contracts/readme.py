"""Writes the tables of docs/backbones.md from the registry and the weights: `python -m tests.contracts.readme`."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from safetensors import safe_open

from core.architectures.zoo.backbones import BACKBONES, embedded_file
from core.paths import ROOT

DOCUMENT = ROOT / "docs" / "backbones.md"
START = "<!-- {name}: written by `python -m tests.contracts.readme` -->\n"
END = "<!-- end of {name} -->\n"


def backbones() -> str:
    """Return the table of all backbones: a row a family, with their parameters."""
    lines = ["| family | backbones (million parameters) |", "| --- | --- |"]
    rows = sorted(BACKBONES.values(), key=lambda entry: list(BACKBONES.values()).index(_first(entry.family)))
    for family, kin in groupby(rows, lambda entry: entry.family):
        names = ", ".join(f"{entry.title} ({entry.parameters / 1e6:.1f})" for entry in kin)
        lines.append(f"| {family} | {names} |")
    return "\n".join(lines) + "\n"


def embedded() -> str:
    """Return the table of the trained networks that travel with ConvScope."""
    lines = [
        "| network | top-1 | top-5 | calibration error | “not sure” of known, of unknown things | model card |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for entry in BACKBONES.values():
        path = embedded_file(entry)
        if path.is_file():
            found = header(path)
            values = (f"{float(found[key]):.1%}" for key in ("top1", "top5", "calibration_error"))
            card = path.with_suffix(".md")
            unsure = ", ".join(f"{share:.0%}" for share in unsure_shares(path))
            link = f"[{card.name}](../{card.relative_to(ROOT)})"
            lines.append(f"| {entry.title} | {' | '.join(values)} | {unsure} | {link} |")
    return "\n".join(lines) + "\n"


def header(path: Path) -> dict[str, str]:
    """Return what a file of embedded weights says of itself."""
    with safe_open(path, "pt") as file:
        said: dict[str, str] = file.metadata()
    return said


def unsure_shares(path: Path) -> tuple[float, float]:
    """Return of how many covered and of how many uncovered pictures a network says "not sure", after its card."""
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    covered, uncovered = (
        int(share) / 100 for share in re.findall(r"\| “not sure” .*: (?:un)?covered pictures \| (\d+)% \|", card)
    )
    return covered, uncovered


TABLES = {"backbones": backbones, "embedded networks": embedded}


def _first(family: str) -> object:
    return next(entry for entry in BACKBONES.values() if entry.family == family)


def renewed(text: str) -> str:
    """Return the document's `text` with the tables as they have to be today."""
    for name, table in TABLES.items():
        before, rest = text.split(START.format(name=name))
        end = END.format(name=name)
        text = before + START.format(name=name) + table() + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
