"""What a person takes along of a cell's receptive field: a picture, the numbers, and a program that computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.encoding import npz_bytes, png_bytes
from core.visualization.receptive_field.growth import GrowthPoint, growth_table
from core.visualization.receptive_field.script import FILE_NAME, FieldRequest, write_field_script
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export
from pages.visualization.number_format import show_number
from pages.visualization.selection import Selection

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import ReceptiveField
    from core.visualization.receptive_field.effective import Sensitivity


@dataclass(frozen=True, eq=False)
class ShownField:
    """What is on the screen; `channel` is None for the sum of all, `sensitivity` where it is not computed."""

    focus: Selection
    channel: int | None
    field: ReceptiveField | None
    sensitivity: Sensitivity | None
    points: tuple[GrowthPoint, ...]


def share_field(shown: ShownField) -> None:
    """Draw the downloads, and the program that reproduces them."""
    # The texts are made now: a button's file is made later, outside of the visitor's session and language.
    request = _request(shown)
    stem, network = shown.focus.stem, shown.focus.backbone.entry.name
    downloads = [
        Download(_("Picture with the field as PNG"), f"{stem}-field.png", "image/png", lambda: _png(shown, request)),
        Download(
            _("Receptive fields of all layers as CSV"),
            f"{network}-fields.csv",
            "text/csv",
            lambda: growth_table(shown.points).encode(),
        ),
    ]
    sensitivity = shown.sensitivity
    if sensitivity is not None:
        text = _("Effective field as NPZ")
        downloads.append(Download(text, f"{stem}-effective.npz", "application/octet-stream", lambda: _npz(sensitivity)))
    export(downloads, write_field_script(request), FILE_NAME, width="content")


def _png(shown: ShownField, request: FieldRequest) -> bytes:
    from core.visualization.receptive_field.drawing import FieldTexts, draw_field

    texts = FieldTexts(caption=request.caption, range_label=request.range_label)
    cell = (request.row, request.column)
    return png_bytes(draw_field(shown.focus.image, shown.field, cell, shown.sensitivity, texts))


def _npz(sensitivity: Sensitivity) -> bytes:
    return npz_bytes(sensitivity=sensitivity)


def _request(shown: ShownField) -> FieldRequest:
    focus = shown.focus
    if shown.channel is None:
        unit = _("all channels, row {row}, column {column}", row=focus.row, column=focus.column)
    else:
        unit = _(
            "channel {channel}, row {row}, column {column}", channel=shown.channel, row=focus.row, column=focus.column
        )
    label = ""
    if shown.sensitivity is not None:
        top = show_number(float(np.max(shown.sensitivity)))
        label = _("|∂a/∂x| from 0 to {top}, coloured by its square root", top=top)
    return FieldRequest(
        **vars(focus.start),
        layer=focus.layer.name,
        channel=shown.channel,
        row=focus.row,
        column=focus.column,
        caption=f"{focus.caption} · {unit}",
        range_label=label,
    )
