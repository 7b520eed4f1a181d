"""A page of activation maps, or of kernels: hover tells channel, position and value; click or arrow keys choose one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.visualization.activations.grid import Grid, encode, quantise
from core.visualization.colormaps import palette
from core.visualization.filters.drawing import GREYS
from core.visualization.filters.layout import Sheet
from pages.components.canvas import define, pack
from pages.components.canvas.shared.channel_toggle import Silencing

KERNELS = {"smallest": 26, "largest": 76, "height": 230}  # px of a kernel, which has few numbers, and of all of them

_grid = define(
    "map_grid",
    '<div class="box"><canvas class="maps" tabindex="0" role="img"></canvas></div>'
    '<output aria-live="polite"></output>'
    '<div class="legend"><span class="low"></span><canvas class="scale"></canvas><span class="high"></span>'
    '<span class="range"></span></div>',
)


def activation_grid(
    key: str,
    grid: Grid,
    layer: str,
    chosen: int,
    words: dict[str, str],
    on_choice: Callable[[], None],
    silencing: Silencing | None = None,
) -> None:
    """Draw `grid`; the channel then chosen is `channel` in the state `key`. `words` are the texts, translated.

    With `silencing` a click silences a channel rather than that it chooses one.
    """
    coded = quantise(grid)
    count, height, width = grid.maps.shape
    head = {
        "id": f"{layer}/{grid.page}",
        "layer": layer,
        "page": grid.page,
        "n": count,
        "h": height,
        "w": width,
        "signed": grid.signed,
        "levels": coded.levels,
        "channels": grid.channels.tolist(),
        "from": coded.start.tolist(),
        "to": coded.end.tolist(),
        "low": grid.low.tolist(),
        "high": grid.high.tolist(),
        "dead": grid.statistics.dead[grid.channels].tolist(),
        "chosen": chosen,
        "words": words,
    }
    listeners = {"on_channel_change": on_choice}
    if silencing is not None:
        head["silencing"] = silencing.as_json()
        listeners["on_clicks_change"] = silencing.on_click
    _grid(key=key, data=pack(head, palette(grid.signed).tobytes(), coded.codes), **listeners)


def kernel_grid(
    key: str, sheet: Sheet, identity: str, chosen: int, words: dict[str, str], on_choice: Callable[[], None]
) -> None:
    """Draw a page of kernels; the number of the one then chosen is `channel` in the state `key`.

    `identity` says in which layer, and of what, they are slices.
    """
    height, width = sheet.maps.shape[-2:]
    flat = sheet.maps.reshape(len(sheet.maps), -1)
    coded = encode(sheet.maps.reshape(len(flat), -1, width), flat.min(1), flat.max(1))
    head = {
        "id": f"{identity}/{sheet.page}",
        "layer": identity,
        "page": sheet.page,
        "n": len(flat),
        "h": height,
        "w": width,
        "planes": 3 if sheet.in_colour else 1,
        **KERNELS,
        "signed": True,
        "levels": coded.levels,
        "channels": sheet.numbers.tolist(),
        "from": coded.start.tolist(),
        "to": coded.end.tolist(),
        "low": (-sheet.reach).tolist(),
        "high": sheet.reach.tolist(),
        "dead": sheet.dead.tolist(),
        "chosen": chosen,
        "words": words,
    }
    colours = GREYS if sheet.in_colour else palette(True)
    _grid(key=key, data=pack(head, np.ascontiguousarray(colours).tobytes(), coded.codes), on_channel_change=on_choice)
