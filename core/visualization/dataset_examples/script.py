"""The program that searches a collection for dataset examples again, with core alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.scripts import ScriptStart, render_script
from core.visualization.dataset_examples.ranking import End, Table

FILE_NAME = "found.py"


@dataclass(frozen=True, kw_only=True)
class FoundRequest:
    """What a program is to reproduce: a table of the search for one `owner`, a channel or a class.

    `files` are the names of a person's own files, where `collection` is "mine"; `counts` say how many of each end.
    """

    start: ScriptStart
    collection: str
    files: Sequence[str]
    table: Table
    owner: int
    cell: tuple[int, int] | None
    first: int | None
    kept: int
    counts: tuple[tuple[End, int], ...]
    caption: str


def write_dataset_examples_script(request: FoundRequest) -> str:
    """Return the program; it prints what was found and writes found.png and found.csv where it is run."""
    return render_script(
        "dataset_examples",
        file_name=FILE_NAME,
        start=request.start,
        collection=request.collection,
        files=list(request.files),
        layers=(request.table.layer,) if request.table.layer else (),
        cell=request.cell,
        first=request.first,
        kept=request.kept,
        table=request.table,
        owner=request.owner,
        counts=request.counts,
        caption=request.caption,
    )
