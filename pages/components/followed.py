"""A job that was started, and what has been heard of it; kept in the visitor's session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.events import Event
from core.jobs import Job


@dataclass
class Followed:
    """A job for a `question` (its config), with its events so far."""

    question: Any
    job: Job
    events: list[Event] = field(default_factory=list)
    seen: int = 0

    def catch_up(self) -> list[Event]:
        """Take in what has come since the last time, and return it."""
        new, self.seen = self.job.events_since(self.seen)
        self.events += new
        return list(new)


def follow(key: str, question: Any, job: Job) -> Job:
    """Remember a job under a key of the session's state, and return it."""
    st.session_state[key] = Followed(question, job)
    return job


def followed(key: str, job: Job | None) -> Followed | None:
    """Return what is remembered of a job under that key; None where it is another one, or none."""
    found: Followed | None = st.session_state.get(key)
    return found if found is not None and job is not None and found.job is job else None
