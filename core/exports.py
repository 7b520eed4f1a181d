"""Exports of what is on the screen: a record of it becomes files and a program, by a writer registered for its type.

The record stands with its writer in the `export.py` of its topic:

    @dataclass(frozen=True, kw_only=True, eq=False)
    class MapsExport:
        request: ScriptRequest
        grid: Grid

    @exports_of.register
    def _exports(shown: MapsExport) -> Exports:
        return Exports((ExportFile(N_("Grid as PNG"), "maps.png", "image/png", ...),), write_script(...), "maps.py")

A section of a page returns such a record from its `draw`; the export panel does the rest. The record holds large arrays
by reference, hence `eq=False`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ExportFile:
    """A file to take along: what it is, marked for translation, its name and type, and what makes its bytes.

    `make` is called when somebody asks for the file, outside of the session: it knows no language.
    """

    label: str
    file_name: str
    mime: str
    make: Callable[[], bytes]


@dataclass(frozen=True)
class Exports:
    """The files of a record, and the Python program that computes what they show, with its name."""

    files: tuple[ExportFile, ...]
    script: str
    script_name: str


@functools.singledispatch
def exports_of(record: object) -> Exports:
    """Return the exports of a record of what is on the screen.

    A topic's `export.py` in core defines the record, a frozen dataclass with all texts that are drawn into a picture
    translated already, and registers the writer with `@exports_of.register`. Raises `TypeError` for a record that none
    is registered for.
    """
    raise TypeError(f"no exports are registered for {type(record).__name__}")
