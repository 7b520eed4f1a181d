"""How the scores of pictures in the making rise."""

from __future__ import annotations

import numpy as np

from core.optimization.network_race.curves import Line
from core.visualization.feature_visualization.history import History
from pages.components.canvas.line_chart import Chart, Series, line_chart_view
from pages.components.figures.palette import COLOURS, DASHES, Look
from pages.components.i18n import _
from pages.visualization.feature_visualization.options import VisualizationRequest
from pages.visualization.feature_visualization.text import is_single, titles
from pages.visualization.selection import NAME


def draw_curves(request: VisualizationRequest, history: History | None) -> None:
    """Draw the score of each picture by step; of a single one also what the network saw of it, changed at random."""
    words = {
        "x": _("step"),
        "y": _("score"),
        "title": request.name,
        "hint": _("Point at the curves, or use the arrow keys, to read them; click a name to hide its curve."),
        "at": _("At step {step}"),
        "hide": _("Show or hide this curve"),
        "save": _("Save as PNG"),
        "chart": _("Score by step"),
        "plane": "",
    }
    series = _series(request, history) if history is not None and len(history.steps) else []
    line_chart_view(f"{NAME}.scores", Chart(series=series, x_range=(0, request.config.steps), words=words))


def _series(request: VisualizationRequest, history: History) -> list[Series]:
    steps, scores = history.steps.astype(float), history.scores
    if is_single(request):
        seen = Series(
            key="seen", title=_("as the network saw it, changed"), look=_look(1), line=_line(steps, history.seen[:, 0])
        )
        shown = Series(key="shown", title=_("as it is"), look=_look(0), line=_line(steps, scores[:, 0]))
        return [shown, seen]
    return [
        Series(key=str(place), title=title, look=_look(place), line=_line(steps, scores[:, place]))
        for place, title in enumerate(titles(request))
    ]


def _look(place: int) -> Look:
    return Look(COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)])


def _line(steps: np.ndarray, values: np.ndarray) -> Line:
    return Line(steps, values, values, values)
