"""The growth of receptive fields with depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

from core.encoding import csv_text

if TYPE_CHECKING:
    from core.architectures.graph.tracing import Layer
    from core.architectures.receptive_field.fields import ReceptiveField


@dataclass(frozen=True)
class GrowthPoint:
    """The receptive field of a layer, as the `number`th (from 1) in the order the data takes; pixels.

    Heights and widths are those of the paths on which a cell keeps its place, unclipped: what convolutions and pools
    make of it. They are None where nothing has kept its place, where they differ from cell to cell, and where the field
    is not known. `sees_all` says whether every cell depends on the whole picture, through a step that mixes all places.
    """

    number: int
    layer: str
    kind: str
    stage: str
    rows: int | None
    columns: int | None
    height: int | None
    width: int | None
    stride_height: int | None
    stride_width: int | None
    sees_all: bool


def growth(layers: Iterable[Layer], known: Mapping[str, ReceptiveField | None]) -> tuple[GrowthPoint, ...]:
    """Return the receptive field of each layer; `known` is what `receptive_fields` returns."""
    return tuple(_point(number, layer, known.get(layer.name)) for number, layer in enumerate(layers, 1))


def _point(number: int, layer: Layer, field: ReceptiveField | None) -> GrowthPoint:
    local = field.local if field else None
    rows, columns = field.cells if field else (None, None)
    height, width = (local.height, local.width) if local else (None, None)
    return GrowthPoint(
        number=number,
        layer=layer.name,
        kind=layer.kind,
        stage=layer.stage,
        rows=rows,
        columns=columns,
        height=height.size if height else None,
        width=width.size if width else None,
        stride_height=height.stride if height else None,
        stride_width=width.stride if width else None,
        sees_all=field is not None and field.is_whole,
    )


def growth_table(points: Iterable[GrowthPoint]) -> str:
    """Return the points as CSV with a first line of names; what is not known is left empty."""
    return csv_text((field.name for field in fields(GrowthPoint)), (astuple(point) for point in points))
