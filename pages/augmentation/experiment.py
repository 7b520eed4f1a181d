"""Section Experiment: the same network trained with and without the pipeline, live, as a job."""

from __future__ import annotations

import functools

import streamlit as st

from core.augmentation.experiment import (
    EPOCHS,
    PER_CLASS,
    SEEDS,
    SETS,
    AugmentationTrial,
    ExperimentResult,
    TrialEvent,
    curves,
    outcome,
    run_experiment,
)
from core.augmentation.pipeline import Pipeline
from core.i18n import N_
from core.jobs.job import Job
from core.settings import Choice
from pages.augmentation.sections import PAGE
from pages.components.caches import augmentation, runners
from pages.components.figures.augmentation import Arm, accuracy_curves
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import Player, draw_controls, draw_problem, draw_progress, keep_job_in_url, player

PLAYER = f"{PAGE}.trial_player"
VIEW = {f"{PAGE}.part": "helps"}
OBSERVED = f"{PAGE}.trying"
DEADLINE_SECONDS = 1800.0
DATA = Choice(
    name="learned",
    label=N_("Pictures to learn"),
    default="digits",
    options=tuple((dataset.name, dataset.title) for dataset in SETS.values()),
)
EACH = Choice(
    name="few",
    label=N_("Of each class"),
    default=str(PER_CLASS),
    options=tuple((str(count), str(count)) for count in (3, 5, 10, 20, 40)),
)
ROUNDS = Choice(
    name="rounds",
    label=N_("Epochs"),
    default=str(EPOCHS),
    options=tuple((str(count), str(count)) for count in (20, 40, 80)),
)
RUNS = Choice(
    name="runs",
    label=N_("Seeds"),
    default=str(SEEDS),
    options=tuple((str(count), str(count)) for count in (2, 3, 5, 8)),
)


def draw(pipeline: Pipeline, seed: int) -> None:
    """Draw the choices, the controls, and the curves as they come."""
    playback = player(PLAYER, PAGE, VIEW)
    st.markdown(
        _(
            "A small network learns from few pictures, without and with this pipeline: same pictures, same first "
            "weights, same order. What it is judged by is never augmented."
        )
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="augmentation-trial"):
        data = draw_setting(DATA, PAGE)
        each = int(draw_setting(EACH, PAGE, as_slider=True, width=110))
        epochs = int(draw_setting(ROUNDS, PAGE, as_slider=True, width=110))
        seeds = int(draw_setting(RUNS, PAGE, as_slider=True, width=110))
    trial = AugmentationTrial(data=data, pipeline=str(pipeline), per_class=each, epochs=epochs, seeds=seeds, seed=seed)
    draw_controls(playback, functools.partial(_submit, trial), _("With and without augmentation"))
    keep_job_in_url(playback)
    draw_problem(playback)
    if playback.job is None:
        _draw_first(trial)
    live(playback, functools.partial(_draw_told, trial, playback))


def _draw_first(trial: AugmentationTrial) -> None:
    """Draw what the network would begin with, as long as nothing has begun."""
    st.image(
        augmentation.first_pictures(trial),
        alt=_("A picture of each class, and below it the same with the pipeline"),
    )
    st.caption(_("Above, a picture of each class. Below, the same as the network gets it in the first epoch."))


def _submit(trial: AugmentationTrial) -> Job:
    job = runners.trainings().submit(runners.owner(), run_experiment, trial, deadline_seconds=DEADLINE_SECONDS)
    return observe(OBSERVED, ObservedJob(trial, job))


def _draw_told(trial: AugmentationTrial, playback: Player) -> None:
    """Draw how far the trial is, and its curves."""
    mine = observed_job(OBSERVED, playback, ObservedJob)
    if mine is None:
        return
    draw_progress(playback, _(SETS[mine.question.data].title))
    if mine.question != trial:
        st.caption(_("These are results for the pipeline and the choices when it began."))
    _draw_results(mine)


def _draw_results(mine: ObservedJob) -> None:
    events = [event for event in mine.events if isinstance(event, TrialEvent)]
    if not events:
        return
    trial: AugmentationTrial = mine.question
    found = outcome(events, trial.epochs)
    if found is not None:
        _draw_outcome(found, trial)
    arms = [
        Arm(name, *curves(events, augmented))
        for name, augmented in ((_("without"), False), (_("with the pipeline"), True))
    ]
    st.plotly_chart(
        accuracy_curves([arm for arm in arms if arm.epochs], _("epoch"), _("held-out accuracy")),
        key=f"{PAGE}.trial_chart",
        alt=_("Held-out accuracy by epoch, with and without the pipeline"),
        config={"displayModeBar": False},
    )
    st.caption(_("Lines are means over the seeds so far, bands reach from the least to the greatest."))


def _draw_outcome(found: ExperimentResult, trial: AugmentationTrial) -> None:
    values = {
        "points": number(100 * found.difference, "+.1f"),
        "low": number(100 * found.low, "+.1f"),
        "high": number(100 * found.high, "+.1f"),
        "pairs": len(found.without),
    }
    if len(found.without) < trial.seeds:
        st.info(_("So far {points} points, from {pairs} of the pairs.", points=values["points"], pairs=values["pairs"]))
    elif found.verdict == "helps":
        text = _(
            "**It helps here:** {points} points of accuracy (95 % interval {low} to {high}, {pairs} seeds).", **values
        )
        st.success(text)
    elif found.verdict == "harms":
        text = _(
            "**It harms here:** {points} points of accuracy (95 % interval {low} to {high}, {pairs} seeds).", **values
        )
        st.warning(text)
    else:
        text = _(
            "**It cannot be told:** {points} points of accuracy, but the 95 % interval, {low} to {high}, holds zero "
            "({pairs} seeds). More seeds make it narrower.",
            **values,
        )
        st.info(text)
