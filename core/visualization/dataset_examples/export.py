"""Exports dataset examples: a contact sheet, and a CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from core.encoding import csv_text, png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.visualization.activations.drawing import GAP, MARGIN
from core.visualization.dataset_examples.patches import Patch
from core.visualization.dataset_examples.ranking import End
from core.visualization.dataset_examples.script import FILE_NAME, FoundRequest, write_dataset_examples_script
from core.visualization.rendering import INK, PAPER, font, format_number

CELL = 112  # px
COLUMNS = 5
LINE = 18
FRAME = (213, 94, 0)
COLUMNS_OF_TABLE = (
    "end",
    "rank",
    "score",
    "beside",
    "title",
    "picture",
    "row",
    "column",
    "left",
    "top",
    "right",
    "bottom",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute what begins so


@dataclass(frozen=True, eq=False)
class Titled:
    """A patch with its title and its score as they are to be read."""

    patch: Patch
    title: str
    score: str = ""


def draw_sheet(caption: str, rows: Sequence[tuple[str, Sequence[Titled]]]) -> Image.Image:
    """Return patches as an RGB image: for each row its heading, then crops beside their whole pictures."""
    width = 2 * MARGIN + COLUMNS * (2 * CELL + 4 * GAP)
    heights = [LINE + 8 + -(-len(patches) // COLUMNS) * (CELL + 2 * LINE + 2 * GAP) for _, patches in rows]
    sheet = Image.new("RGB", (width, 2 * MARGIN + 2 * LINE + sum(heights)), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), caption, INK, font(15))
    top = MARGIN + 2 * LINE
    for (heading, patches), height in zip(rows, heights, strict=True):
        pen.text((MARGIN, top), heading, INK, font(13))
        for index, titled in enumerate(patches):
            left = MARGIN + index % COLUMNS * (2 * CELL + 4 * GAP)
            _draw(sheet, titled, left, top + LINE + 8 + index // COLUMNS * (CELL + 2 * LINE + 2 * GAP))
        top += height
    return sheet


def _draw(sheet: Image.Image, titled: Titled, left: int, top: int) -> None:
    patch, pen = titled.patch, ImageDraw.Draw(sheet)
    crop = _fitted(patch.crop)
    sheet.paste(crop, (left + (CELL - crop.width) // 2, top + (CELL - crop.height) // 2))
    whole = _fitted(patch.whole)
    corner = (left + CELL + GAP, top + (CELL - whole.height) // 2)
    sheet.paste(whole, corner)
    edges = [corner[i % 2] + share * whole.size[i % 2] for i, share in enumerate(patch.region)]
    pen.rectangle(
        (edges[0], edges[1], max(edges[2] - 1, edges[0]), max(edges[3] - 1, edges[1])), outline=FRAME, width=2
    )
    pen.text((left, top + CELL + 2), titled.score or format_number(patch.hit.score), INK, font(12))
    pen.text((left, top + CELL + 2 + LINE - 3), shortened(titled.title, 2 * CELL), INK, font(11))


def _fitted(image: Image.Image) -> Image.Image:
    scale = CELL / max(image.size)
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def shortened(text: str, width: int) -> str:
    """Return `text`, cut where it would be wider than `width` pixels on the sheet."""
    while text and font(11).getlength(text) > width:
        text = text[:-2] + "…" if len(text) > 2 else ""
    return text


def to_csv(rows: Sequence[tuple[str, Sequence[Titled]]]) -> bytes:
    """Return patches as a table: rank and score, which picture, which cell, and the region in fractions of it."""
    lines = (_line(end, rank, titled) for end, patches in rows for rank, titled in enumerate(patches, 1))
    return csv_text(COLUMNS_OF_TABLE, lines).encode()


def _line(end: str, rank: int, titled: Titled) -> tuple[object, ...]:
    hit = titled.patch.hit
    region = [f"{edge:.4f}" for edge in titled.patch.region]
    beside = "" if hit.beside != hit.beside else repr(hit.beside)
    return (end, rank, repr(hit.score), beside, _inert(titled.title), hit.picture, hit.row, hit.column, *region)


def _inert(title: str) -> str:
    return f"'{title}" if title.startswith(FORMULA) else title


@dataclass(frozen=True, kw_only=True, eq=False)
class DatasetExamplesExport:
    """The dataset examples on the screen, by end of the ranking, with a translated heading for each end."""

    request: FoundRequest
    rows: Mapping[End, Sequence[Titled]]
    headings: Mapping[End, str]


@exports_of.register
def _exports(shown: DatasetExamplesExport) -> Exports:
    stem = f"{shown.request.start.backbone}-found"
    files = (
        ExportFile(N_("Contact sheet as PNG"), f"{stem}.png", "image/png", lambda: _png(shown)),
        ExportFile(N_("Table as CSV"), f"{stem}.csv", "text/csv", lambda: to_csv(list(shown.rows.items()))),
    )
    return Exports(files, write_dataset_examples_script(shown.request), FILE_NAME)


def _png(shown: DatasetExamplesExport) -> bytes:
    named = [(shown.headings[end], examples) for end, examples in shown.rows.items()]
    return png_bytes(draw_sheet(shown.request.caption, named))
