"""Exports of a cell's receptive field: the picture, the fields of all layers, the effective field, and the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.encoding import npz_bytes, png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.visualization.receptive_field.growth import GrowthPoint, growth_table
from core.visualization.receptive_field.script import FILE_NAME, FieldRequest, write_field_script

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.architectures.receptive_field.fields import ReceptiveField
    from core.visualization.receptive_field.effective import Sensitivity


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldExport:
    """The receptive field on the screen; `sensitivity` is None where it is not computed.

    `image` is what the network receives, `points` how fields grow; `stem` begins the files' names.
    """

    request: FieldRequest
    stem: str
    image: Image
    field: ReceptiveField | None
    sensitivity: Sensitivity | None
    points: tuple[GrowthPoint, ...]


@exports_of.register
def _exports(shown: FieldExport) -> Exports:
    files = [
        ExportFile(N_("Picture with the field as PNG"), f"{shown.stem}-field.png", "image/png", lambda: _png(shown)),
        ExportFile(
            N_("Receptive fields of all layers as CSV"),
            f"{shown.request.backbone}-fields.csv",
            "text/csv",
            lambda: growth_table(shown.points).encode(),
        ),
    ]
    sensitivity = shown.sensitivity
    if sensitivity is not None:
        files.append(
            ExportFile(
                N_("Effective field as NPZ"),
                f"{shown.stem}-effective.npz",
                "application/octet-stream",
                lambda: npz_bytes(sensitivity=sensitivity),
            )
        )
    return Exports(tuple(files), write_field_script(shown.request), FILE_NAME)


def _png(shown: FieldExport) -> bytes:
    from core.visualization.receptive_field.drawing import FieldTexts, draw_field

    request = shown.request
    texts = FieldTexts(caption=request.caption, range_label=request.range_label)
    return png_bytes(draw_field(shown.image, shown.field, (request.row, request.column), shown.sensitivity, texts))
