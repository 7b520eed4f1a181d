"""The short training of a built network: a job with live curves."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field

import streamlit as st

from core.architectures.building import Stack
from core.architectures.building_training import Course, Learned, learn
from core.jobs import Job
from core.knobs import Whole
from core.words import N_
from pages.components import cache
from pages.components.knobs import turn
from pages.components.learning_figures import learning_figure
from pages.components.player import POLL_SECONDS, announce, draw_controls, draw_problem, draw_progress, player
from pages.components.words import _, number

PAGE = "architectures"
PLAYER = f"{PAGE}.training_player"
VIEW = {f"{PAGE}.part": "build"}
FOLLOWED = f"{PAGE}.training"
SEED = Whole(name="training_seed", label=N_("Seed"), default=0, minimum=0, maximum=999)


@dataclass
class Followed:
    """A training that was started, and what has been heard of it."""

    course: Course
    job: Job
    events: list[Learned] = field(default_factory=list)
    seen: int = 0

    def catch_up(self) -> None:
        """Take in what has come since the last time."""
        new, self.seen = self.job.events_since(self.seen)
        self.events += [event for event in new if isinstance(event, Learned)]


def draw(stack: Stack) -> None:
    """Draw the controls and the curves."""
    one = player(PLAYER, PAGE, VIEW)
    st.subheader(_("Train it for a minute"), anchor=False)
    st.caption(
        _(
            "On 1,536 generated pictures of six shapes, 32×32 pixels; judged on 300 others. The sixth of all would "
            "be right "
            "by chance."
        )
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="training-toolbar"):
        seed = turn(SEED, PAGE, width=110)
        course = Course(stack=str(stack), seed=seed)
        draw_controls(one, functools.partial(_submit, course), _("Training of a built network"))
    announce(one)
    draw_problem(one)
    _follow(one.is_active, str(stack))


def _submit(course: Course) -> Job:
    job = cache.trainings().submit(cache.owner(), learn, course)
    st.session_state[FOLLOWED] = Followed(course, job)
    return job


def _follow(is_active: bool, stack: str) -> None:
    """Draw the progress and the curves, again and again while the training runs."""

    @st.fragment(run_every=POLL_SECONDS if is_active else None)
    def follow() -> None:
        one = player(PLAYER, PAGE, VIEW)
        mine: Followed | None = st.session_state.get(FOLLOWED)
        one.note()
        if one.job is None or mine is None or mine.job is not one.job:
            return
        mine.catch_up()
        latest = mine.events[-1] if mine.events else None
        text = _(
            "epoch {epoch} of {epochs}", epoch=number(latest.epoch if latest else 0.0, ".1f"), epochs=mine.course.epochs
        )
        draw_progress(one, text)
        if mine.course.stack != stack:
            st.caption(_("These are the curves of the network as it was when the training began."))
        if mine.events:
            st.plotly_chart(
                learning_figure(
                    mine.events, {"epoch": _("epoch"), "loss": _("training loss"), "accuracy": _("held-out accuracy")}
                ),
                key=f"{PAGE}.learning",
                alt=_("Training loss and held-out accuracy by epoch"),
                config={"displayModeBar": False},
            )
            best = max((event.accuracy for event in mine.events if not math.isnan(event.accuracy)), default=None)
            if best is not None:
                st.markdown(_("Best held-out accuracy so far: **{share}**", share=number(best, ".1%")))
        if is_active and not one.is_active:
            st.rerun()

    follow()
