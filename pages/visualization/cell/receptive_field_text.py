"""A cell's receptive field in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.visualization.receptive_field.script import FieldRequest
from pages.components.i18n import _
from pages.visualization.number_format import show_number
from pages.visualization.selection import Selection

if TYPE_CHECKING:
    from core.visualization.receptive_field.effective import Sensitivity

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.visualization.receptive_field.gradient_share import (
    GradientShare,
    centre,
    field_pixels,
    local_field,
    picture_share,
)
from pages.components.i18n import number

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import Box, ReceptiveField

Fact = tuple[str, str]


def theoretical_facts(field: ReceptiveField | None, row: int, column: int) -> Iterator[Fact]:
    """Yield what follows from the network's shape alone: names and what is said, translated."""
    if field is None:
        yield _("Receptive field"), _("not known: behind an operation without a rule")
        return
    local = local_field(field)
    yield _("Receptive field"), _size(field)
    if local != field:
        yield _("Convolutions and pools alone"), _size(local)
    yield _("Stride (jump)"), _stride(local)
    middle = centre(local, row, column)
    if middle is not None:
        y, x = (number(float(place), "g") for place in middle)
        yield _("Centre"), _("row {y}, column {x}", y=y, x=x)
    box, inside = local.box(row, column), field.clipped(row, column)
    if box is not None:
        yield _("Unclipped"), _extent(box)
    if not field.is_whole:
        yield _("Within the picture"), _extent(inside) if inside else _("nothing but padding")
    yield _("Share of the picture"), _percent(picture_share(field, row, column))


def effective_facts(share: GradientShare | None, field: ReceptiveField | None, row: int, column: int) -> Iterator[Fact]:
    """Yield where most of the gradient lies; nothing where there is none."""
    if share is None:
        return
    name = _("{share:.0%} of the gradient in", share=share.share)
    if field is None:
        yield name, f"{share.pixels} px"
    else:
        among = field_pixels(field, row, column)
        part = _percent(share.pixels / among if among else 0.0)
        yield name, _("{pixels} of {among} px: {part}", pixels=share.pixels, among=among, part=part)
    (height, width), rows, columns = share.size, share.rows, share.columns
    yield (
        _("Its middle {share:.0%}", share=share.share),
        _(
            "{height}×{width} px: rows {top} to {bottom}, columns {left} to {right}",
            height=height,
            width=width,
            top=rows[0],
            bottom=rows[1],
            left=columns[0],
            right=columns[1],
        ),
    )


def _size(field: ReceptiveField) -> str:
    if field.is_whole:
        return _("the whole picture: a global pool, squeeze-and-excitation or linear layer mixes all places")
    if field.size is None:
        return _("differs from cell to cell")
    height, width = field.size
    return f"{height}×{width} px"


def _stride(field: ReceptiveField) -> str:
    height, width = field.height.stride, field.width.stride
    if field.is_whole:
        return _("none: all cells see the same")
    if height is None or width is None:
        return _("differs from cell to cell")
    return f"{height} px" if height == width else f"{height}×{width} px"


def _extent(box: Box) -> str:
    return _(
        "rows {top} to {bottom}, columns {left} to {right}",
        top=number(box.top, "d"),
        bottom=number(box.bottom - 1, "d"),
        left=number(box.left, "d"),
        right=number(box.right - 1, "d"),
    )


def _percent(share: float) -> str:
    return number(100 * share, ".3g") + "%"


def export_request(selection: Selection, channel: int | None, sensitivity: Sensitivity | None) -> FieldRequest:
    """Return what the program is to reproduce; its texts are made now, in the visitor's language.

    `channel` is None for the sum of all, `sensitivity` where it is not computed.
    """
    row, column = selection.cell
    if channel is None:
        unit = _("all channels, row {row}, column {column}", row=row, column=column)
    else:
        unit = _("channel {channel}, row {row}, column {column}", channel=channel, row=row, column=column)
    label = ""
    if sensitivity is not None:
        top = show_number(float(np.max(sensitivity)))
        label = _("|∂a/∂x| from 0 to {top}, coloured by its square root", top=top)
    return FieldRequest(
        **vars(selection.start),
        layer=selection.layer.name,
        channel=channel,
        row=row,
        column=column,
        caption=f"{selection.caption} · {unit}",
        range_label=label,
    )
