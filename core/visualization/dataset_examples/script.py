"""A short Python program that searches a collection again, with core alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.visualization.dataset_examples.ranking import End, Table
from core.visualization.script_preamble import ProgramStart, program

PURPOSE = "Finds the pictures of a collection that move a network most and least, as ConvScope does"
FILE_NAME = "found.py"
IMPORTS = (
    "import pathlib",
    "from core.visualization.dataset_examples.ranking import Found, Scan, Table",
    "from core.visualization.dataset_examples.search import search",
    "from core.visualization.dataset_examples.export import Titled, draw_sheet, to_csv",
    "from core.visualization.dataset_examples.patches import PatchMaker, field_for",
)
OPENINGS = {
    "samples": "collection = SampleTiles()\n",
    "mine": "collection = Uploads().added(UploadedFile(name, pathlib.Path(name).read_bytes()) for name in {files!r})\n",
    "cifar10": "for event in fetch(CIFAR10[0]):\n    pass  # downloads it at first use\ncollection = Cifar10()\n",
}
NAMES = {
    "samples": ("from core.visualization.dataset_examples.image_collections import SampleTiles",),
    "mine": (
        "from core.uploads.files import UploadedFile",
        "from core.visualization.dataset_examples.uploaded_collection import Uploads",
    ),
    "cifar10": (
        "from core.downloads.store import fetch",
        "from core.datasets.public import CIFAR10",
        "from core.visualization.dataset_examples.image_collections import Cifar10",
    ),
}
BODY = """
{opening}scan = Scan(
    collection=collection,
    backbone={start.backbone!r},
    weights={start.weights!r},
    seed={start.seed!r},
    fit={start.fit!r},
    layers={layers!r},
    cell={cell!r},
    first={first!r},
    kept={kept!r},
)
found = Found(scan.kept).add(search(scan, backbone))
maker = PatchMaker(collection, backbone.preprocessing, scan.fit, field_for(backbone, {table.layer!r}))
rows = []
for end, count in {counts!r}:
    shown = maker.patches(found.hits(Table({table.kind!r}, end, {table.layer!r}), {owner!r}), count)
    for patch in shown:
        print(f"{{end}} {{patch.hit.score:9.4f}}  {{patch.title}}, cell {{patch.hit.row}}, {{patch.hit.column}}")
    rows.append((end, [Titled(patch, patch.title) for patch in shown]))
draw_sheet({caption!r}, rows).save("found.png")
pathlib.Path("found.csv").write_bytes(to_csv(rows))
"""


@dataclass(frozen=True, kw_only=True)
class FoundRequest:
    """What a program is to reproduce: a table of the search for one `owner`, a channel or a class.

    `files` are the names of a person's own files, where `collection` is "mine"; `counts` say how many of each end.
    """

    start: ProgramStart
    collection: str
    files: Sequence[str]
    table: Table
    owner: int
    cell: tuple[int, int] | None
    first: int | None
    kept: int
    counts: tuple[tuple[End, int], ...]
    caption: str


def write_found_script(request: FoundRequest) -> str:
    """Return the program; it prints what was found and writes found.png and found.csv where it is run."""
    table = request.table
    body = BODY.format(
        opening=OPENINGS[request.collection].format(files=list(request.files)),
        start=request.start,
        layers=(table.layer,) if table.layer else (),
        cell=request.cell,
        first=request.first,
        kept=request.kept,
        table=table,
        owner=request.owner,
        counts=request.counts,
        caption=request.caption,
    )
    imports = (*IMPORTS, *NAMES[request.collection])
    return program(request.start, PURPOSE, FILE_NAME, imports, body)
