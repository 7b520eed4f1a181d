"""Who won: four measures side by side, because the winner changes."""

from __future__ import annotations

import html
import math
from collections.abc import Callable

import streamlit as st

from core.optimization.race import TOLERANCE, Result, Score
from pages.components.looks import optimizer_look
from pages.components.words import _, number

Measure = Callable[[Score], float]
MEASURES: tuple[Measure, ...] = (
    lambda score: score.value,
    lambda score: score.distance,
    lambda score: math.inf if score.steps_to_tolerance is None else score.steps_to_tolerance,
    lambda score: math.inf if score.diverged_at is not None else score.length,
)


def draw_scoreboard(result: Result, titles: dict[str, str]) -> None:
    """Draw a row for each optimizer: its learning rate and four measures, the best of each set off."""
    heads = (
        _("Optimizer"),
        _("Learning rate"),
        _("f − minimum"),
        _("distance to a minimum"),
        _("steps to {share:.1%}", share=TOLERANCE),
        _("length of the path"),
    )
    best = [min(map(measure, result.scores.values())) for measure in MEASURES]
    rows = "".join(_row(name, titles[name], result, best) for name in result.paths)
    columns = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    st.html(f'<table class="scores scoreboard"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>')
    st.caption(
        _(
            "In bold, the best of each column. “Steps to {share:.1%}”: until f is as close to the lowest minimum, as a "
            "share of its height at the start.",
            share=TOLERANCE,
        )
    )


def _row(name: str, title: str, result: Result, best: list[float]) -> str:
    score = result.scores[name]
    cells = [f"<td>{_figure(result.rates[name])}</td>"]
    for i, (measure, lowest) in enumerate(zip(MEASURES, best, strict=True)):
        value = measure(score)
        shown = value - result.lowest if i == 0 else value
        text = (
            _figure(shown) if math.isfinite(value) else "–" if i == 2 else _("diverged") if score.diverged_at else "–"
        )
        cells.append(f"<td><b>{text}</b></td>" if value == lowest and math.isfinite(value) else f"<td>{text}</td>")
    mark = f'<i style="background:{optimizer_look(name).colour}"></i>'
    return f"<tr><th>{mark}{html.escape(title)}</th>{''.join(cells)}</tr>"


def _figure(value: float) -> str:
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    return number(value, ".3g")
