"""A race on a surface: map or 3-D view beside curves, played in the browser; a click on the map sets the start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.optimization.surface_race.height_scale import height_scale
from core.optimization.surface_race.race import Result
from pages.components.canvas import define, pack
from pages.components.figures.palette import optimizer_look

BANDS = 18

_race = define(
    "surface_race",
    '<div class="views"><canvas class="map" tabindex="0" role="img"></canvas>'
    '<canvas class="curves" role="img"></canvas></div>'
    '<div class="controls"><div class="switch" role="group"><button class="flat"></button>'
    '<button class="solid"></button></div><button class="restart"></button><button class="play"></button>'
    '<button class="next"></button><input class="scrub" type="range" min="0" step="1">'
    '<span class="step"></span><label><span class="speed"></span><select></select></label></div>'
    '<ul class="entrants"></ul>'
    '<output aria-live="polite"><span class="flat"></span><span class="solid"></span></output>',
)


def surface_race_view(
    key: str, identity: str, result: Result, titles: dict[str, str], words: dict[str, str], on_start: Callable[[], None]
) -> None:
    """Draw the race; a start that was set is then `start` in the state `key`. `titles` and `words` are translated.

    `identity` tells one race from another: a new one begins to play, the same one stays where it was.
    """
    bands, edges = _bands(result.heights)
    shown = height_scale(result)
    entrants = [
        {
            "title": titles[name],
            "colour": optimizer_look(name).colour,
            "dash": optimizer_look(name).dash,
            "diverged": path.diverged_at,
        }
        for name, path in result.paths.items()
    ]
    head = {
        "id": identity,
        "box": result.race.surface_entry.box,
        "side": len(result.heights),
        "bands": BANDS,
        "edges": edges,
        "minima": result.race.surface_entry.minima,
        "start": result.race.start,
        "steps": result.race.steps,
        "lowest": result.lowest,
        "unit": shown.unit,
        "high": shown.high,
        "entrants": entrants,
        "words": words,
    }
    spreads = (spread.values.astype("<f4").tobytes() for spread in result.spreads.values())
    paths = (np.column_stack([path.points, path.values]).astype("<f4").tobytes() for path in result.paths.values())
    blocks = (bands.tobytes(), shown.shares.astype("<f4").tobytes(), *paths, *spreads)
    _race(key=key, data=pack(head, *blocks), on_start_change=on_start)


def _bands(heights: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return for each place of the grid its band, uint8, and the heights between which the bands lie.

    Each band covers the same share of the area, so that deep valleys and high walls both show.
    """
    edges = np.nanquantile(heights, np.linspace(0, 1, BANDS + 1))
    bands = np.clip(np.searchsorted(edges, heights, side="right") - 1, 0, BANDS - 1).astype(np.uint8)
    return bands, edges.tolist()
