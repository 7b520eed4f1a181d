"""Who won: four measures side by side, because the winner changes."""

from __future__ import annotations

import html
import math
from collections.abc import Callable

import numpy as np
import streamlit as st

from core.optimization.surface_race.noise import spread_of
from core.optimization.surface_race.race import TOLERANCE, Result, Score
from pages.components.figures.palette import optimizer_look
from pages.components.i18n import _, number

Table = list[list[float]]
Measure = Callable[[Score], float]
MEASURES: tuple[Measure, ...] = (
    lambda score: score.value,
    lambda score: score.distance,
    lambda score: math.inf if score.steps_to_tolerance is None else score.steps_to_tolerance,
    lambda score: math.inf if score.diverged_at is not None else score.length,
)


def draw_scoreboard(result: Result, titles: dict[str, str]) -> None:
    """Draw a row for each optimizer: its learning rate and four measures, the best of each set off.

    Of several runs the measures are medians, each with what it spans below it.
    """
    heads = (
        _("Optimizer"),
        _("Learning rate"),
        _("f − minimum"),
        _("distance to a minimum"),
        _("steps to {share:.1%}", share=TOLERANCE),
        _("length of the path"),
    )
    measured = {name: _measure(result, name) for name in result.paths}
    best = [min(medians) for medians in zip(*(table[1] for table in measured.values()), strict=True)]
    rows = "".join(_row(name, titles[name], result, measured[name], best) for name in result.paths)
    columns = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    st.html(f'<table class="scores scoreboard"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>')
    text = _(
        "In bold, the best of each column. “Steps to {share:.1%}”: until f is as close to the lowest minimum, as a "
        "share of its height at the start.",
        share=TOLERANCE,
    )
    if result.spreads:
        text += " " + _(
            "Medians of {runs} runs, below them the 10th and the 90th percentile; ∞ is diverged, or never there.",
            runs=result.race.runs,
        )
    st.caption(text)


def _measure(result: Result, name: str) -> Table:
    """Return the measures of an optimizer (3, 4): 10th percentile, median and 90th percentile of its runs."""
    scores = result.spreads[name].scores if name in result.spreads else (result.scores[name],)
    table: Table = spread_of(np.array([[measure(score) for measure in MEASURES] for score in scores])).tolist()
    return table


def _row(name: str, title: str, result: Result, measured: Table, best: list[float]) -> str:
    cells = [f"<td>{_figure(result.rates[name])}</td>"]
    for i, (low, median, high) in enumerate(zip(*measured, strict=True)):
        zero = result.lowest if i == 0 else 0.0
        text = _figure(median - zero) if math.isfinite(median) else "–" if i == 2 else _("diverged")
        text = f"<b>{text}</b>" if median == best[i] and math.isfinite(median) else text
        span = f"<small>{_figure(low - zero)} … {_figure(high - zero)}</small>" if name in result.spreads else ""
        cells.append(f"<td>{text}{span}</td>")
    mark = f'<i style="background:{optimizer_look(name).colour}"></i>'
    return f"<tr><th>{mark}{html.escape(title)}</th>{''.join(cells)}</tr>"


def _figure(value: float) -> str:
    if math.isinf(value):
        return "∞"
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    return number(value, ".3g")
