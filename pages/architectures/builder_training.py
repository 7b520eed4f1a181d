"""The training of a built network: a job with live curves."""

from __future__ import annotations

import functools
import math

import streamlit as st

from core.architectures.builder.stack import Stack
from core.architectures.builder.training import BuilderTrainingEvent, TrainingConfig, learn
from core.i18n import N_
from core.jobs.job import Job
from core.settings import Integer
from pages.components.caches import runners
from pages.components.figures.learning_curves import learning_figure
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import Player, draw_controls, draw_problem, draw_progress, keep_job_in_url, player

PAGE = "architectures"
PLAYER = f"{PAGE}.training_player"
VIEW = {f"{PAGE}.part": "build"}
OBSERVED = f"{PAGE}.training"
SEED = Integer(name="training_seed", label=N_("Seed"), default=0, minimum=0, maximum=999)


def draw(stack: Stack) -> None:
    """Draw the controls and the curves."""
    playback = player(PLAYER, PAGE, VIEW)
    st.subheader(_("Train it for a minute"), anchor=False)
    st.caption(
        _(
            "On 1,536 generated pictures of six shapes, 32×32 pixels; judged on 300 others. The sixth of all would "
            "be right by chance."
        )
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="training-toolbar"):
        seed = draw_setting(SEED, PAGE, width=110)
        course = TrainingConfig(stack=str(stack), seed=seed)
        draw_controls(playback, functools.partial(_submit, course), _("Training of a built network"))
    keep_job_in_url(playback)
    draw_problem(playback)
    live(playback, functools.partial(_draw_told, str(stack), playback))


def _submit(course: TrainingConfig) -> Job:
    return observe(OBSERVED, ObservedJob(course, runners.trainings().submit(runners.owner(), learn, course)))


def _draw_told(stack: str, playback: Player) -> None:
    """Draw how far the training is, and its curves."""
    mine = observed_job(OBSERVED, playback, ObservedJob)
    if mine is None:
        return
    events = [event for event in mine.events if isinstance(event, BuilderTrainingEvent)]
    latest = events[-1] if events else None
    text = _(
        "epoch {epoch} of {epochs}",
        epoch=number(latest.epoch if latest else 0.0, ".1f"),
        epochs=mine.question.epochs,
    )
    draw_progress(playback, text)
    if mine.question.stack != stack:
        st.caption(_("These are the curves of the network as it was when the training began."))
    if events:
        st.plotly_chart(
            learning_figure(
                events, {"epoch": _("epoch"), "loss": _("training loss"), "accuracy": _("held-out accuracy")}
            ),
            key=f"{PAGE}.learning",
            alt=_("Training loss and held-out accuracy by epoch"),
            config={"displayModeBar": False},
        )
        best = max((event.accuracy for event in events if not math.isnan(event.accuracy)), default=None)
        if best is not None:
            st.markdown(_("Best held-out accuracy so far: **{share}**", share=number(best, ".1%")))
