"""What a person takes along of a search: a contact sheet, a table, and the program that searches again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.encoding import png_bytes
from core.visualization.dataset_examples.export import Titled, draw_sheet, to_csv
from core.visualization.dataset_examples.ranking import End
from core.visualization.dataset_examples.script import FILE_NAME, FoundRequest, write_found_script
from core.visualization.dataset_examples.uploaded_collection import Uploads
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export
from pages.visualization.dataset_examples.hits import COUNTS
from pages.visualization.dataset_examples.query import SearchQuery

Rows = Sequence[tuple[str, Sequence[Titled]]]


def share(wanted: SearchQuery, rows: Mapping[End, Sequence[Titled]]) -> None:
    """Draw the downloads of what was found, and the program that finds it."""
    # The texts are made now: a button's file is made later, outside of the visitor's session and language.
    caption = f"{wanted.caption} · {wanted.target.name}"
    headings = {"most": _("Strongest"), "least": _("Weakest")}
    named: Rows = [(headings[end], hits) for end, hits in rows.items()]
    plain: Rows = [(end, hits) for end, hits in rows.items()]
    stem = f"{wanted.focus.backbone.entry.name}-found"
    downloads = [
        Download(_("Contact sheet as PNG"), f"{stem}.png", "image/png", lambda: png_bytes(draw_sheet(caption, named))),
        Download(_("Table as CSV"), f"{stem}.csv", "text/csv", lambda: to_csv(plain)),
    ]
    script = write_found_script(_request(wanted, caption))
    export(downloads, script, FILE_NAME)


def _request(wanted: SearchQuery, caption: str) -> FoundRequest:
    collection = wanted.collection
    return FoundRequest(
        start=replace(wanted.focus.start, sample=None, file_name=None),
        collection=wanted.entry.name,
        files=[file.name for file in collection.files] if isinstance(collection, Uploads) else (),
        table=wanted.target.table,
        owner=wanted.target.owner,
        cell=wanted.target.cell,
        first=wanted.first,
        kept=wanted.config.kept,
        counts=tuple(COUNTS.items()),
        caption=caption,
    )
