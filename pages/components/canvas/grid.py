"""A page of activation maps: hover tells channel, position and value; click or arrow keys choose a channel."""

from __future__ import annotations

from collections.abc import Callable

from core.visualization.colours import palette
from core.visualization.grid import Grid, quantise
from pages.components.canvas import define, pack

_grid = define(
    "grid",
    '<div class="box"><canvas class="maps" tabindex="0" role="img"></canvas></div>'
    '<output aria-live="polite"></output>'
    '<div class="legend"><span class="low"></span><canvas class="scale"></canvas><span class="high"></span>'
    '<span class="range"></span></div>',
)


def activation_grid(
    key: str, grid: Grid, layer: str, chosen: int, words: dict[str, str], on_choice: Callable[[], None]
) -> None:
    """Draw `grid`; the channel then chosen is `channel` in the state `key`. `words` are the texts, translated."""
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
    _grid(key=key, data=pack(head, palette(grid.signed).tobytes(), coded.codes), on_channel_change=on_choice)
