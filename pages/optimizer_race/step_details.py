"""One update in detail: its numbers, the formula with these in it, and the step."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.race import Result
from core.optimization.surface_race.step_details import StepDetails, step_details, worked_formula
from core.settings import Identifier, Integer
from pages.components.figures.optimizers import step_figure
from pages.components.i18n import _, number
from pages.components.inputs.choices import choose
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state

PAGE = "optimizer_race"
OPTIMIZER = Identifier(name="runner", label=N_("Optimizer"), default="adam")
AT = Integer(name="at", label=N_("Step"), default=1, minimum=1)
SYMBOLS = {
    "v": "v",
    "m": "m",
    "s": "s",
    "u": "u",
    "m_hat": "m̂",
    "s_hat": "ŝ",
    "size": "δ",
    "delta": "Δ",
}


def draw_step_details(result: Result, titles: dict[str, str]) -> None:
    """Draw the choice of a method and a step, and that step."""
    left, right = st.columns([5, 3], gap="large")
    with left, st.container(key="lens"):
        details = _choose(result, titles)
        st.latex(OPTIMIZERS[details.optimizer].formula, width="content")
        for axis in (0, 1):
            st.latex(worked_formula(details, axis), width="content")
        st.html(_table(details))
    with right:
        words = {
            "gradient": _("−η · gradient"),
            "step": _("the step"),
            "ahead": _("where the velocity alone leads"),
        }
        st.plotly_chart(
            step_figure(details, words), key=f"{PAGE}.lens_chart", alt=_("The step on the surface, as arrows")
        )


def _choose(result: Result, titles: dict[str, str]) -> StepDetails:
    key = f"{PAGE}.{OPTIMIZER.name}"
    names = list(result.paths)
    url_state.initial(key, OPTIMIZER)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        name = choose(
            _(OPTIMIZER.label),
            names,
            titles.__getitem__,
            key,
            default=names[-1],
            width=220,
        )
        url_state.show(OPTIMIZER, name)
        step = draw_setting(AT, PAGE, width=140)
    return step_details(result, name, int(step))


def _table(details: StepDetails) -> str:
    rows = [(_("point"), details.point), (_("gradient"), details.gradient)]
    rows += [(SYMBOLS[key], details.terms[key]) for key in details.terms if key in SYMBOLS and key != "delta"]
    rows += [(_("step Δ"), details.terms["delta"]), (_("effective learning rate"), details.rate_of_each)]
    cells = "".join(
        f"<tr><th>{name}</th><td>{number(float(x), '.4g')}</td><td>{number(float(y), '.4g')}</td></tr>"
        for name, (x, y) in rows
    )
    return f'<table class="scores"><thead><tr><th></th><th>x</th><th>y</th></tr></thead><tbody>{cells}</tbody></table>'
