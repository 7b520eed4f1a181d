"""The curves of a race on a network, while it runs and afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from core.events import Event
from core.i18n import N_
from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.curves import QUANTITIES, Curves, Line
from core.optimization.network_race.race import TRIAL_RATES
from core.optimization.network_race.tasks import TASKS
from core.optimization.network_race.two_moons import PLANE, PLANE_SIDE, plane_points
from core.optimization.optimizers import OPTIMIZERS
from core.settings import Choice, Number, Toggle
from pages.components.canvas.line_chart import Chart, Planes, Series, line_chart_view
from pages.components.figures.palette import optimizer_look
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.observed_job import ObservedJob
from pages.optimizer_race.saved_races import Saved, shown_races

PAGE = "optimizer_race"
QUANTITY = Choice(
    name="quantity",
    label=N_("Curve"),
    default="loss",
    options=tuple((quantity.name, quantity.title) for quantity in QUANTITIES.values()),
)
LOG = Toggle(name="log", label=N_("Logarithmic"), default=True)
SMOOTHING = Number(
    name="smoothing",
    label=N_("Smoothing"),
    default=0.8,
    minimum=0.0,
    maximum=0.99,
    step=0.1,
    help=N_("How much of the running mean survives a step; 0 shows each batch as it was."),
)


@dataclass
class ObservedRace(ObservedJob):
    """A race that was started, and its curves so far."""

    curves: Curves = field(init=False)

    def __post_init__(self) -> None:
        self.curves = Curves(self.question)

    def take(self, events: Sequence[Event]) -> None:
        """Add what has come to the curves."""
        self.curves.add(events)  # type: ignore[arg-type]


def choose_view() -> dict[str, Any]:
    """Draw the choice of what the curves show, and return it."""
    with st.container(key="race-view", horizontal=True, gap="small", vertical_alignment="center"):
        quantity = draw_setting(QUANTITY, PAGE, label_visibility="collapsed")
        log = draw_setting(LOG, PAGE)
        st.caption(_(SMOOTHING.label), width="content", help=_(SMOOTHING.help))
        smoothing = draw_setting(SMOOTHING, PAGE, width=120, label_visibility="collapsed")
        saved = shown_races()
    return {"quantity": quantity, "log": log, "smoothing": smoothing, "saved": saved}


def chart_of(key: str, followed: ObservedRace | None, race: NetworkRace | None, view: dict[str, Any]) -> None:
    """Draw the curves of a race; before it began, and while it tries learning rates, what there is to see then."""
    if followed is not None and followed.curves.phase == "trying" and followed.curves.trials:
        line_chart_view(key, trial_chart(followed.curves))
        return
    quantity = QUANTITIES[view["quantity"]]
    curves = followed.curves if followed else Curves(race) if race else None
    series = [] if curves is None else _series(curves, view, None)
    for saved in view["saved"]:
        series += _series(saved.curves, view, saved)
    races = [race.race for race in (curves, *(saved.curves for saved in view["saved"])) if race]
    steps = max((race.steps for race in races), default=100)
    seeds = max((race.seeds for race in races), default=1)
    words = _words(_("step"), _(quantity.title), curves)
    chart = Chart(
        series=series,
        x_range=(0, steps),
        words=words,
        log=bool(view["log"]) and not quantity.is_share,
        is_share=quantity.is_share,
        has_bands=seeds > 1,
        planes=None if curves is None else _planes(curves),
    )
    line_chart_view(key, chart)


def trial_chart(curves: Curves) -> Chart:
    """Return the chart of the learning rates that were tried; the ones chosen are marked."""
    series = []
    for index, name in enumerate(curves.race.optimizers[: len(curves.trials)]):
        rates, ends = curves.trial_line(index)
        ends = np.where(np.isfinite(ends), ends, np.nan)
        mark = curves.rates[index] if curves.rates else None
        look, line = optimizer_look(name), Line(rates, ends, ends, ends)
        series.append(Series(key=name, title=_(OPTIMIZERS[name].title), look=look, line=line, mark=mark))
    words = _words(_("Learning rate"), _("Training loss after a short trial"), curves)
    x_range = (TRIAL_RATES[0], TRIAL_RATES[-1])
    return Chart(series=series, x_range=x_range, words={**words, "hint": ""}, log=True, x_log=True)


def _series(curves: Curves, view: dict[str, Any], saved: Saved | None) -> list[Series]:
    smoothing = view["smoothing"] if view["quantity"] in ("loss", "gradient_norm") else 0.0
    series = []
    for index, name in enumerate(curves.race.optimizers):
        title, lost = _(OPTIMIZERS[name].title), curves.lost_at(index)
        if saved is None and curves.rates:
            title = _("{name}, lr {rate}", name=title, rate=number(curves.rates[index], ".3g"))
        elif saved is not None:
            title = f"{saved.name()} · {title}"
        series.append(
            Series(
                key=f"{saved.number if saved else ''}/{name}",
                title=title,
                look=optimizer_look(name),
                line=curves.line(index, view["quantity"], float(smoothing)),
                faded=saved is not None,
                lost_text="" if lost is None else _("diverged at step {step}", step=lost),
            )
        )
    return series


def _planes(curves: Curves) -> Planes | None:
    if not TASKS[curves.race.task].is_plane or not curves.boundaries:
        return None
    places = sorted(curves.boundaries)
    return Planes(
        titles=[_(OPTIMIZERS[curves.race.optimizers[index]].title) for index in places],
        pixels=[curves.boundaries[index] for index in places],
        box=PLANE,
        side=PLANE_SIDE,
        points=plane_points(),
    )


def _words(x: str, y: str, curves: Curves | None) -> dict[str, str]:
    return {
        "x": x,
        "y": y,
        "title": "" if curves is None else f"{_(TASKS[curves.race.task].title)} · {y}",
        "hint": _("Point at the curves, or use the arrow keys, to read them; click a name to hide its curve."),
        "at": _("At step {step}"),
        "hide": _("Show or hide this curve"),
        "save": _("Save as PNG"),
        "chart": _("{y} by {x}, for each optimizer", y=y, x=x),
        "plane": _("How the network trained by {name} divides the plane"),
    }
