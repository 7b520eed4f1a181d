"""Curves of a training while it runs: one line a method, drawn anew with each news without a flicker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.optimization.network_race.curves import Line
from pages.components.canvas import define, pack
from pages.components.figures.palette import Look

POINTS = 400  # of a line, at most; a screen shows no more

_training = define(
    "line_chart",
    '<canvas class="chart" tabindex="0" role="img"></canvas>'
    '<output aria-live="off"></output><div class="below"><ul class="legend"></ul><button class="save"></button></div>'
    '<div class="planes"></div>',
)


@dataclass(frozen=True, kw_only=True)
class Series:
    """A line of the chart; `faded` for one of a saved race, `lost_at` the step at which its method diverged.

    `mark` is the place on the axis that is marked with a dot.
    """

    key: str
    title: str
    look: Look
    line: Line
    faded: bool = False
    lost_text: str = ""
    mark: float | None = None


@dataclass(frozen=True, kw_only=True)
class Planes:
    """Decision boundaries: titles and pixels (side, side) uint8 of each, the box, and points (n, 3): x, y, class."""

    titles: list[str]
    pixels: list[bytes]
    box: tuple[float, float, float, float]
    side: int
    points: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What the chart shows. `x_range` is that of the axis; `words` are translated texts, see `line_chart.js`."""

    series: list[Series]
    x_range: tuple[float, float]
    words: dict[str, str]
    log: bool = False
    x_log: bool = False
    is_share: bool = False
    has_bands: bool = False
    planes: Planes | None = None


def line_chart_view(key: str, chart: Chart) -> None:
    """Draw the chart, or bring the one drawn under this key up to date."""
    planes = chart.planes
    head = {
        "series": [
            {
                "key": sery.key,
                "title": sery.title,
                "colour": sery.look.colour,
                "dash": sery.look.dash,
                "faded": sery.faded,
                "lost": bool(sery.lost_text) or None,
                "lostText": sery.lost_text,
                "mark": sery.mark,
            }
            for sery in chart.series
        ],
        "xRange": chart.x_range,
        "log": chart.log,
        "xLog": chart.x_log,
        "isShare": chart.is_share,
        "hasBands": chart.has_bands,
        "words": chart.words,
        "plane": planes.box if planes else None,
        "planeSide": planes.side if planes else 0,
        "planeTitles": planes.titles if planes else [],
    }
    blocks = [part for sery in chart.series for part in _parts(sery.line)]
    if planes:
        blocks += [planes.points.astype("<f4").tobytes(), *planes.pixels]
    _training(key=key, data=pack(head, *blocks))


def _parts(line: Line) -> list[bytes]:
    """Return the four arrays, float32, thinned to `POINTS`; the last point always stays."""
    count = len(line.steps)
    chosen = np.unique(np.linspace(0, max(0, count - 1), min(count, POINTS)).round().astype(int))
    return [part[chosen].astype("<f4").tobytes() for part in (line.steps, line.middle, line.low, line.high)]
