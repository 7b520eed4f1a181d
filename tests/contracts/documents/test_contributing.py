"""CONTRIBUTING.md sends people to files that are there, and to names that stand in them."""

from __future__ import annotations

import re

import pytest

from tests.contracts.documents.named_files import missing
from tests.contracts.source import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w./]+\.py)`")
NAME = re.compile(r"`(_?[A-Za-z]\w*)`")
TOUR = (
    "add an optimizer",
    "change the colour map of a signed layer",
    "write a new question for the quiz",
    "change the message on a cut JPEG",
    "change the lease of a job",
)
ROWS = [re.split(r" \| ", line.strip("| ")) for line in TEXT.splitlines() if re.match(r"\| .*`", line)]


def sources(cells: list[str]) -> str:
    """Return the text of all files that a row names; a bare name stands beside the file before it."""
    texts, folder = "", ROOT
    for name in FILE.findall(" ".join(cells)):
        path = ROOT / name if (ROOT / name).is_file() else folder / name
        if path.is_file():
            folder, texts = path.parent, texts + path.read_text(encoding="utf-8")
    return texts


def test_files_are_there() -> None:
    assert not missing(TEXT)


@pytest.mark.parametrize("cells", ROWS, ids=[cells[0] for cells in ROWS])
def test_names_stand_in_the_files_of_their_row(cells: list[str]) -> None:
    text = sources(cells)
    names = NAME.findall(cells[2]) if text else []
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_the_tour_has_its_five_answers() -> None:
    _, _, tour = TEXT.partition("## The newcomer's tour")
    assert tuple(cells[0] for cells in ROWS if f"| {cells[0]} |" in tour) == TOUR


def test_the_cut_jpeg_gets_that_message() -> None:
    from io import BytesIO

    from core.datasets.sample_images import sample
    from core.images.formats import PictureError, damaged
    from core.images.picture import decode

    file = BytesIO()
    sample("chelsea").image.save(file, "JPEG")
    with pytest.raises(PictureError) as caught:
        decode(file.getvalue()[: len(file.getvalue()) // 2], "cut.jpg")
    assert str(caught.value) == str(damaged("cut.jpg"))
