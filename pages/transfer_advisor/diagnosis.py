"""The diagnosis as a job, what was measured, and the advice that follows from it."""

from __future__ import annotations

import functools

import streamlit as st

from core.i18n import grouped
from core.jobs.job import Job
from core.transfer.advice.case_map import map_of
from core.transfer.advice.rules import Advice, advise, estimate
from core.transfer.data.config import TransferConfig
from core.transfer.diagnosis.diagnosis import Diagnosis, DiagnosisEvent, diagnose
from core.transfer.diagnosis.transferability import Measured
from pages.components.caches import runners, transfer
from pages.components.figures.case_map import Spot, quadrant_map
from pages.components.figures.palette import COLOURS
from pages.components.figures.transfer import stage_reading
from pages.components.i18n import _, number
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import draw_controls, draw_problem, draw_progress, keep_job_in_url, player
from pages.components.units import memory_text, seconds_text
from pages.transfer_advisor.plan_titles import plan_title
from pages.transfer_advisor.sections import PAGE, draw_next

PLAYER = f"{PAGE}.diagnosis_player"
VIEW = {f"{PAGE}.part": "diagnosis"}
OBSERVED = f"{PAGE}.diagnosing"


def draw(setup: TransferConfig) -> None:
    """Draw the controls of the diagnosis, and its result where somebody has measured it."""
    playback = player(PLAYER, PAGE, VIEW)
    _take_over(observed_job(OBSERVED, playback, ObservedJob))
    known = transfer.diagnosis(setup)
    if known is None or playback.is_active:
        st.markdown(
            _(
                "The backbone looks at the pictures once. Measured are how far they are from those that it was trained "
                "on, and how well the features of each stage tell the classes apart. Nothing is trained."
            )
        )
        draw_controls(playback, functools.partial(_submit, setup), _("Diagnosis"))
    keep_job_in_url(playback)
    draw_problem(playback)
    if playback.is_active:
        live(playback, lambda: draw_progress(playback, _("looking at the pictures")))
    elif known is not None:
        _draw_result(known)


def _submit(setup: TransferConfig) -> Job:
    return observe(OBSERVED, ObservedJob(setup, runners.trainings().submit(runners.owner(), diagnose, setup)))


def _take_over(mine: ObservedJob | None) -> None:
    """Keep what the job has found, also where it ended while the visitor was elsewhere."""
    if mine is None:
        return
    for event in mine.events:
        if isinstance(event, DiagnosisEvent) and event.diagnosis is not None:
            transfer.keep_diagnosis(event.diagnosis)


def _draw_result(diagnosis: Diagnosis) -> None:
    advice = advise(diagnosis)
    chart, words = st.columns([3, 2], gap="large")
    with chart:
        _draw_map(diagnosis, advice)
    with words:
        _draw_advice(diagnosis, advice)
    draw_next("proof", _("Was that right? Compare the strategies."))
    st.subheader(_("What was measured"), anchor=False)
    _draw_facts(diagnosis)
    _draw_stages(diagnosis, advice)
    if diagnosis.unread:
        with st.expander(_("Left out, because they could not be read: {count}", count=len(diagnosis.unread))):
            for unread in diagnosis.unread:
                st.markdown(f"- {_(unread.reason, **unread.values)}")


def _draw_map(diagnosis: Diagnosis, advice: Advice) -> None:
    drawn = map_of(advice.position)
    place = advice.position
    titles = {name: _(title) for name, title in drawn.titles.items()}
    here = _("{count} pictures of each class", count=number(place.per_class, ".0f"))
    across = (
        _("distance from the training pictures, stored deviations")
        if place.measure == "distance"
        else _("entropy of the backbone’s own answers, share of a guess")
    )
    st.plotly_chart(
        quadrant_map(
            drawn.shares,
            drawn.across,
            drawn.up,
            (Spot(place.value.value, place.value.error), place.per_class),
            (place.border, place.enough),
            {"across": across, "up": _("pictures of each class"), "here": here, **titles},
        ),
        key=f"{PAGE}.map",
        alt=_("The four cases, and where these pictures lie among them"),
        config={"displayModeBar": False},
    )
    st.caption(
        _(
            "Similar on the left, many at the top; the clearer the case, the bluer. The borders are rules of thumb: "
            "{border}, and {enough} pictures of each of {classes} classes for {parameters} M parameters.",
            border=number(place.border, ".2g"),
            enough=number(place.enough, ".0f"),
            classes=len(diagnosis.classes),
            parameters=number(diagnosis.parameters / 1e6, ".3g"),
        )
    )


def _draw_advice(diagnosis: Diagnosis, advice: Advice) -> None:
    rule = advice.rule
    st.caption(_("{share} · {title}", share=number(advice.shares[rule.name], ".0%"), title=_(rule.title)))
    st.markdown(f"#### {_(rule.advice)}")
    st.markdown(_(rule.reason))
    if advice.is_exception:
        st.info(_(rule.exception), icon=":material/stat_minus_1:")
    if advice.second is not None:
        st.markdown(
            _(
                "In between: {share} of it is the case “{title}”. There: {advice}",
                share=number(advice.shares[advice.second.name], ".0%"),
                title=_(advice.second.title),
                advice=_(advice.second.advice),
            )
        )
    st.markdown(_("**What would change it:** {change}", change=_(rule.change)))
    cost = estimate(diagnosis, advice.plan)
    st.markdown(
        _(
            "**Here:** {plan}, about {time} and {memory} of memory.",
            plan=plan_title(advice.plan),
            time=seconds_text(cost.seconds),
            memory=memory_text(cost.bytes),
        )
    )
    with st.expander(_("Schedule"), icon=":material/event_note:"):
        for number_, step in enumerate(rule.schedule, 1):
            st.markdown(f"{number_}. {_(step)}")


def _draw_facts(diagnosis: Diagnosis) -> None:
    facts = [
        _(
            "**{count} pictures** in {classes} classes, {per_class} of each; the whole trunk has {parameters} "
            "parameters, a linear classifier on its last stage {head}.",
            count=sum(diagnosis.counts),
            classes=len(diagnosis.classes),
            per_class=number(diagnosis.per_class, ".0f"),
            parameters=grouped(diagnosis.parameters),
            head=grouped(diagnosis.head_parameters(diagnosis.stages[-1].stage)),
        ),
        _(
            "**Own answers:** entropy {entropy} of that of a guess. Sure answers mean familiar things, if they are "
            "right; LEEP, which reads the new classes from them, is {leep}, at most 0.",
            entropy=_with_error(diagnosis.entropy, ".2f"),
            leep=_with_error(diagnosis.leep, ".2f"),
        ),
    ]
    if diagnosis.distance is None:
        facts.append(
            _("This backbone has no batch normalisation with stored statistics: only its answers tell how similar.")
        )
    if diagnosis.near_duplicates:
        facts.append(
            _(
                "{count} pictures nearly repeat another one. A split never parts such pictures, so that none is "
                "learned from and judged by.",
                count=diagnosis.near_duplicates,
            )
        )
    for fact in facts:
        st.markdown(fact)


def _draw_stages(diagnosis: Diagnosis, advice: Advice) -> None:
    readings = diagnosis.stages
    stages = [_(reading.stage) for reading in readings]
    readings_of = [
        (_("Distance, stored deviations"), [_spot(reading.distance) for reading in readings], ".2f"),
        (_("Nearest neighbour of the same class"), [_spot(reading.nearest) for reading in readings], ".0%"),
        (_("LogME, per picture"), [_spot(reading.logme) for reading in readings], ".2f"),
    ]
    if diagnosis.distance is None:
        readings_of = readings_of[1:]
    names = [reading.stage for reading in readings]
    chosen = names.index(advice.plan.stage) if advice.plan.stage in names else None
    columns = st.columns(len(readings_of))
    for index, (title, values, ticks) in enumerate(readings_of):
        columns[index].caption(title)
        columns[index].plotly_chart(
            stage_reading(stages, values, ticks, COLOURS[index], chosen),
            key=f"{PAGE}.stages.{index}",
            alt=title,
            config={"displayModeBar": False},
        )
    legend = _(
        "Bars are 95 % intervals. Distance: of mean and deviation of each channel before batch normalisation from "
        "those stored. Nearest neighbour: from another place, by standardised features. LogME: evidence for a "
        "linear classifier; only differences count."
    )
    st.caption(legend if chosen is None else " ".join([legend, _("The large dot is the stage advised.")]))


def _spot(measured: Measured | None) -> Spot | None:
    return None if measured is None else Spot(measured.value, measured.error)


def _with_error(measured: Measured, form: str) -> str:
    return f"{number(measured.value, form)} ± {number(1.96 * measured.error, form)}"
