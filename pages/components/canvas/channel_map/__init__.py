"""One activation map enlarged with its exact values, and over the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from core.encoding import jpeg_bytes
from core.visualization.activations.activation_capture import Maps
from core.visualization.colormaps import palette
from pages.components.canvas import define, pack

_channel = define(
    "channel_map",
    '<div class="title"></div><div class="pair">'
    '<canvas class="large" role="img" tabindex="0"></canvas><canvas class="over" role="img"></canvas></div>'
    '<output aria-live="polite"></output>'
    '<label><span class="opacity"></span><input type="range" min="0" max="100" step="5"></label>'
    '<div class="facts"></div>',
)


@dataclass(frozen=True, eq=False)
class ChannelMap:
    """A map (height, width) with the range it is coloured on and a text that identifies it."""

    id: str
    values: Maps
    low: float
    high: float
    signed: bool


def channel_map_view(
    key: str,
    shown: ChannelMap,
    picture: Image.Image,
    opacity: int,
    words: dict[str, str],
    on_opacity: Callable[[], None],
    on_cell: Callable[[], None],
) -> None:
    """Draw the map; `opacity` over the picture, in per cent, and the `cell` clicked are then in the state `key`.

    Arrow keys move about on the enlarged map, Enter takes the cell.
    """
    height, width = shown.values.shape
    jpeg = jpeg_bytes(picture, quality=90)
    head = {
        "id": shown.id,
        "h": height,
        "w": width,
        "low": shown.low,
        "high": shown.high,
        "signed": shown.signed,
        "opacity": opacity,
        "picture": hash(jpeg),
        "words": words,
    }
    blocks = (palette(shown.signed).tobytes(), shown.values.tobytes(), jpeg)
    _channel(key=key, data=pack(head, *blocks), on_opacity_change=on_opacity, on_cell_change=on_cell)
