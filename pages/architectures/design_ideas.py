"""Section Ideas: designs for the same job beside each other, each with its arithmetic."""

from __future__ import annotations

import streamlit as st

from core.architectures.teaching.design_ideas import IDEAS, SIDE, Design, Idea
from core.i18n import N_, grouped
from core.settings import Choice
from pages.architectures import gradient_flow, sliding_window
from pages.components.figures.costs import Bars, cost_bars
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.units import short_count

PAGE = "architectures"
OTHERS = (("gradients", N_("Residual connections")), ("sliding", N_("Sliding window")))
OPTIONS = (*((idea.name, idea.title) for idea in IDEAS.values()), *OTHERS)
IDEA = Choice(
    name="idea",
    label=N_("Idea"),
    default="small_kernels",
    options=OPTIONS,
)


def draw() -> None:
    """Draw the choice of an idea and its experiment."""
    with st.container(key="ideas"):
        name = draw_setting(IDEA, PAGE, label_visibility="collapsed", in_a_row=True)
    if name == "gradients":
        gradient_flow.draw()
    elif name == "sliding":
        sliding_window.draw()
    else:
        _draw_idea(IDEAS[name])


def _draw_idea(idea: Idea) -> None:
    st.markdown(_(idea.text))
    with st.container(horizontal=True, gap="large", key="idea-toolbar"):
        settings: dict[str, str] = {}
        for setting in idea.settings:
            most = settings.get(idea.at_most.get(setting.name, ""))
            within = tuple(value for value in setting.values if most is None or int(value) <= int(most))
            settings[setting.name] = draw_setting(setting, PAGE, available=within, as_slider=True, width=220)
    designs, side = idea.designs(settings), int(settings[SIDE.name])
    titles = [_(design.title, **design.values) for design in designs]
    columns = [
        _bars(_("Parameters"), [design.parameters for design in designs]),
        _bars(_("MACs"), [design.macs(side) for design in designs]),
        _bars(_("Nonlinearities"), [design.depth for design in designs]),
    ]
    st.plotly_chart(
        cost_bars(titles, columns),
        key=f"{PAGE}.idea_costs",
        alt=_("Parameters, multiply-accumulates and nonlinearities of each design"),
        config={"displayModeBar": False},
    )
    for column, design, title in zip(st.columns(len(designs), gap="medium"), designs, titles, strict=True):
        with column:
            _draw_design(design, title, designs[0])
    st.markdown(_("**What to take from it:** {lesson}", lesson=_(idea.lesson)))
    st.caption(f"[{idea.paper.title}]({idea.paper.url}) · {idea.paper.authors} · {idea.paper.year}")


def _draw_design(design: Design, title: str, first: Design) -> None:
    """Draw a design as a sum that comes to its parameters."""
    head = (_("Convolution"), _("Parameters"))
    lines = [f"| {head[0]} | {head[1]} |", "| :--- | ---: |"]
    for step in design.steps:
        what = f"{step.kernel}×{step.kernel}, {step.inputs} → {step.outputs}"
        if step.groups > 1:
            what += " " + _("in {groups} groups", groups=step.groups)
        lines.append(f"| {what} | {step.formula} |")
    together = _("together")
    lines.append(f"| **{together}** | **{grouped(design.parameters)}** |")
    st.markdown(f"**{title}**\n\n" + "\n".join(lines))
    share = number(design.parameters / first.parameters, ".1%")
    said = _("A cell sees {field}×{field}.", field=design.field)
    st.caption(said if design is first else said + " " + _("{share} of the first.", share=share))


def _bars(title: str, values: list[int]) -> Bars:
    most = max(values)
    hovers = tuple(f"{grouped(value)} · {number(value / most, '.0%')}" for value in values)
    return Bars(title, tuple(map(float, values)), tuple(map(short_count, values)), hovers)
