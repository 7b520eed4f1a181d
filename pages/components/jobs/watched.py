"""The jobs of a session and their state when the page was last drawn, so that no end goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.jobs.job import Job

WATCHED = "shared.watched"  # this visitor's by key
Stage = tuple[str, str]
NONE: Stage = ("", "none")


@dataclass
class Watched:
    """One visitor's long work of one kind, which may be none.

    `drawn_stage` is where it stood when the whole page last began to be drawn: all of the page may depend on it, so the
    page is drawn anew once it is another. `is_shown` says whether the page has shown it since.
    """

    key: str
    job: Job | None = None
    drawn_stage: Stage = NONE
    is_shown: bool = False

    @property
    def is_active(self) -> bool:
        """Return whether something waits, runs or rests."""
        return self.job is not None and not self.job.has_ended

    @property
    def stage(self) -> Stage:
        """Return which job it is, and whether it waits, has begun or has ended."""
        if self.job is None:
            return NONE
        if self.job.has_ended:
            return self.job.id, "ended"
        return self.job.id, "waiting" if self.job.state == "waiting" else "begun"

    @property
    def has_changed(self) -> bool:
        """Return whether the page that is on the screen, or is being drawn, is about another stage."""
        return self.stage != self.drawn_stage

    def note(self) -> None:
        """Tell the job that somebody watches."""
        if self.job is not None:
            self.job.heartbeat()


def all_watched() -> dict[str, Watched]:
    """Return what this visitor watches, by key."""
    every: dict[str, Watched] = st.session_state.setdefault(WATCHED, {})
    return every


@contextmanager
def whole_page() -> Iterator[None]:
    """Draw the whole page in this block, and once more where what it shows has gone on to another stage meanwhile.

    Whatever the page has asked its jobs, and whenever: what it has drawn is about the stage that they had at first.
    """
    for one in list(all_watched().values()):
        one.drawn_stage, one.is_shown = one.stage, False
    yield
    if any(watched_job.is_shown and watched_job.has_changed for watched_job in all_watched().values()):
        st.rerun()
