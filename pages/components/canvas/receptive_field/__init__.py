"""A cell of a map, the picture with what the cell sees of it, and that part alone; all move as the pointer does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from core.visualization.colormaps import palette
from core.visualization.receptive_field.drawing import margin_of
from core.visualization.receptive_field.gradient_share import GradientShare, local_field
from pages.components.canvas import EXACT_SIDE, define, encoded, pack

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import AxisField, ReceptiveField
    from core.visualization.activations.activation_capture import Maps
    from core.visualization.receptive_field.effective import Sensitivity

Fact = tuple[str, str]

_field = define(
    "receptive_field",
    '<div class="trio">'
    '<figure class="left"><figcaption></figcaption><canvas class="cells" tabindex="0" role="img"></canvas>'
    '<output aria-live="polite"></output></figure>'
    '<figure class="middle"><figcaption></figcaption><canvas class="picture" role="img"></canvas></figure>'
    '<figure class="right"><figcaption></figcaption><canvas class="part" role="img"></canvas>'
    '<div class="heat"><span class="unit"></span><span class="bar"><span class="low"></span>'
    '<canvas class="scale"></canvas><span class="high"></span></span>'
    '<label><span class="opacity"></span><input type="range" min="0" max="100" step="5"></label></div></figure></div>'
    '<div class="lines"><span class="solid"></span><span class="dashed"></span><span class="local"></span>'
    '<span class="effective"></span></div><dl class="facts"></dl>',
)


@dataclass(frozen=True, eq=False, kw_only=True)
class FieldView:
    """What is shown of one cell, at `row` and `column` of `values` (height, width), coloured from `low` to `high`.

    `id` tells the map from others. `picture` is what the network receives, `sensitivity` by how much its pixels move
    the cell, None where that is not computed; it `is_pending` where it will be. `share` tells where most of it lies.
    """

    id: str
    values: Maps
    low: float
    high: float
    signed: bool
    row: int
    column: int
    picture: Image.Image
    field: ReceptiveField | None
    sensitivity: Sensitivity | None
    is_pending: bool
    share: GradientShare | None
    facts: tuple[Fact, ...]


def receptive_field_view(
    key: str,
    view: FieldView,
    opacity: int,
    words: dict[str, str],
    on_cell: Callable[[], None],
    on_opacity: Callable[[], None],
) -> None:
    """Draw the three; `cell`, [row, column], and the `opacity` of the effective field are then in the state `key`."""
    picture = encoded(view.picture)
    heat = b"" if view.sensitivity is None else view.sensitivity.tobytes()
    blocks = (palette(view.signed).tobytes(), palette(signed=False).tobytes(), view.values.tobytes(), picture, heat)
    head = {
        **_map_head(view),
        **_fields(view.field),
        "picture": hash(picture),
        "pixels": view.picture.width,
        "exact": view.picture.width <= EXACT_SIDE,
        "pending": view.is_pending,
        "share": view.share and [*view.share.rows, *view.share.columns],
        "facts": view.facts,
        "opacity": opacity,
        "words": words,
    }
    _field(key=key, data=pack(head, *blocks), on_cell_change=on_cell, on_opacity_change=on_opacity)


def _map_head(view: FieldView) -> dict[str, Any]:
    height, width = view.values.shape
    return {
        "id": view.id,
        "h": height,
        "w": width,
        "low": view.low,
        "high": view.high,
        "signed": view.signed,
        "row": view.row,
        "column": view.column,
    }


def _fields(field: ReceptiveField | None) -> dict[str, Any]:
    """Return the field of the layer, and the `local` one where that is another, height and width apart."""
    local = local_field(field) if field else None
    return {
        "field": field and [_axis(field.height), _axis(field.width)],
        "local": [_axis(local.height), _axis(local.width)] if local and local != field else None,
        "margin": margin_of(field) if field else 0,
    }


def _axis(axis: AxisField) -> dict[str, Any]:
    return {
        "size": axis.size,
        "stride": axis.stride,
        "padding": axis.padding,
        "whole": axis.is_whole,
        "firsts": axis.firsts,
        "lasts": axis.lasts,
    }
