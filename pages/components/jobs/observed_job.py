"""A job with the events received so far, kept in the visitor's session."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from core.events import Event
from core.jobs.job import Job
from pages.components.jobs.watched import Watched


@dataclass
class ObservedJob:
    """A job for a `question` (its config), with its events so far; who wants more than these overrides `take`."""

    question: Any
    job: Job
    events: list[Event] = field(default_factory=list)
    seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def catch_up(self) -> None:
        """Take in what has come since the last time, each event once.

        A click lets the page begin anew while the run before is not quite over, so that two threads may ask.
        """
        with self._lock:
            new, self.seen = self.job.events_since(self.seen)
            self.take(new)

    def take(self, events: Sequence[Event]) -> None:
        """Take in what has come."""
        self.events += events


Mine = TypeVar("Mine", bound=ObservedJob)


def observe(key: str, mine: ObservedJob) -> Job:
    """Remember a job under a key of the session's state, and return it."""
    st.session_state[key] = mine
    return mine.job


def observed_job(key: str, watched: Watched, kind: type[Mine]) -> Mine | None:
    """Return what is remembered of the job of `watched` under that key, up to date; None where it is another."""
    found = st.session_state.get(key)
    if not isinstance(found, kind) or found.job is not watched.job:
        return None
    found.catch_up()
    return found
