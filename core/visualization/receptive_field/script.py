"""The program that computes the receptive field of a cell as the page does, with core alone."""

from __future__ import annotations

from dataclasses import dataclass

from core.scripts import ScriptStart, render_script

FILE_NAME = "receptive_field.py"


@dataclass(frozen=True, kw_only=True)
class FieldRequest(ScriptStart):
    """What a program is to reproduce: the field of a cell; `channel` is None for the sum of all channels.

    `caption` and `range_label` are the texts drawn into the picture.
    """

    layer: str
    channel: int | None
    row: int
    column: int
    caption: str
    range_label: str


def write_field_script(request: FieldRequest) -> str:
    """Return the program; it writes receptive_field.png, receptive_fields.csv and effective_field.npz."""
    return render_script(
        "receptive_field",
        file_name=FILE_NAME,
        start=request,
        layer=request.layer,
        channel=request.channel,
        row=request.row,
        column=request.column,
        caption=request.caption,
        range_label=request.range_label,
    )
