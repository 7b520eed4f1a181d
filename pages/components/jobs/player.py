"""The player of a job: start, pause, step, stop, reset, progress, time left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import UserError
from core.i18n import N_
from core.jobs.job import Job
from core.settings import Identifier
from pages.components.i18n import _
from pages.components.jobs.watched import Watched, all_watched
from pages.components.layout import error_message
from pages.components.state import url_state

JOB = Identifier(name="job", label=N_("Computation"), default="")


@dataclass(kw_only=True)
class Player(Watched):
    """One visitor's long work of one kind: `page` shows it while the session's state has what `view` says.

    `title` says what it is.
    """

    page: str
    view: dict[str, str]
    title: str = ""
    problem: UserError | None = None
    first_at: float = math.nan
    first_fraction: float = 0.0
    first_paused_seconds: float = 0.0

    @property
    def fraction(self) -> float:
        """Return the share of the work that is done."""
        if self.job is None or self.job.latest is None:
            return 0.0
        return 1.0 if self.job.state == "done" else self.job.latest.fraction or 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return an estimate from what has been done since it began, pauses left out; None before there is one."""
        done = self.fraction - self.first_fraction
        if self.job is None or math.isnan(self.first_at) or done <= 0.01:
            return None
        paused = self.job.paused_seconds - self.first_paused_seconds
        worked = time.monotonic() - self.first_at - paused
        return max(0.0, worked * (1 - self.fraction) / done)

    def start(self, submit: Callable[[], Job], title: str) -> None:
        """Begin anew; what was there is dropped. A refusal is kept to be shown."""
        self.reset()
        self.title = title
        try:
            self.job = submit()
        except UserError as problem:
            self.problem = problem

    def reset(self) -> None:
        """Forget the job and what it has told; end it, should it still run."""
        if self.job is not None:
            self.job.cancel()
        self.job = self.problem = None
        self.first_at, self.first_fraction = math.nan, 0.0
        st.session_state.pop(_id_key(self.key), None)

    def note(self) -> None:
        """Tell the job that somebody watches, and remember when it began."""
        super().note()
        if self.job is not None and math.isnan(self.first_at) and self.job.latest is not None:
            self.first_at, self.first_fraction = time.monotonic(), self.fraction
            self.first_paused_seconds = self.job.paused_seconds


def player(key: str, page: str, view: dict[str, str]) -> Player:
    """Return this visitor's player of that key; it outlives a visit to another page."""
    found = all_watched().setdefault(key, Player(key=key, page=page, view=view))
    if not isinstance(found, Player):
        raise TypeError(f"{key} is no player")
    return found


def players() -> list[Player]:
    """Return all players of this visitor."""
    return [watched_job for watched_job in all_watched().values() if isinstance(watched_job, Player)]


def keep_job_in_url(playback: Player) -> None:
    """Keep the running job in the address, and say so where the address names one that is not here (any more)."""
    playback.is_shown = True
    key = _id_key(playback.key)
    wanted = url_state.initial(key, JOB)
    if playback.is_active and playback.job is not None:
        st.session_state[key] = playback.job.id
        url_state.show(JOB, playback.job.id)
    elif wanted and playback.job is None:
        url_state.show(JOB, wanted)
        st.info(
            _(
                "The computation of this link is not running here: it was interrupted by a restart of the server or by "
                "loading the page anew, or is somebody else's. Start it again; the same seed gives the same result."
            ),
            icon=":material/sync_problem:",
        )


def draw_controls(playback: Player, submit: Callable[[], Job], title: str) -> None:
    """Draw the buttons; which of them can be used depends on where the job stands."""
    job, key = playback.job, playback.key
    state = job.state if job else "none"
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", width="content", key=f"{key}.controls"
    ):
        if job is None or job.has_ended:
            _button(key, "start", _("Start"), "play_arrow", playback.start, args=(submit, title), type="primary")
        elif state == "paused":
            _button(key, "resume", _("Go on"), "play_arrow", job.resume, type="primary")
        else:
            _button(key, "pause", _("Pause"), "pause", job.pause, disabled=state != "running", type="primary")
        _button(key, "step", _("One step"), "skip_next", job.step if job else _nothing, disabled=state != "paused")
        _button(key, "stop", _("Stop"), "stop", job.cancel if job else _nothing, disabled=not playback.is_active)
        has_result = job is not None and job.has_ended
        _button(key, "reset", _("Reset"), "restart_alt", playback.reset, disabled=not has_result)


def draw_problem(playback: Player) -> None:
    """Draw what went wrong, if something did."""
    for problem in (playback.problem, playback.job.problem if playback.job else None):
        if problem is not None:
            error_message.show(problem)


def draw_progress(playback: Player, text: str) -> None:
    """Draw how far the job is, `text` saying of what."""
    job = playback.job
    if job is None:
        st.progress(0.0, text)
    elif job.position:
        st.progress(playback.fraction, _("Place {position} in the queue: others are training.", position=job.position))
    elif job.state == "paused":
        st.progress(playback.fraction, _("{text} · paused", text=text))
    elif job.state == "cancelled":
        st.progress(playback.fraction, _("{text} · stopped; what there is so far is kept", text=text))
    elif job.state == "running" and playback.seconds_left is not None:
        st.progress(playback.fraction, _("{text} · {seconds:.0f} s left", text=text, seconds=playback.seconds_left))
    else:
        st.progress(playback.fraction, text)


def _button(key: str, name: str, label: str, icon: str, act: Callable[..., None], **look: Any) -> None:
    st.button(label, icon=f":material/{icon}:", key=f"{key}.{name}", on_click=act, **look)


def _nothing() -> None:
    """Do nothing: what a button does that cannot be used."""


def _id_key(key: str) -> str:
    return f"{key}.{JOB.name}"
