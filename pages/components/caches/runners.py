"""Who runs the long work of all visitors, and under which name a visitor owns jobs."""

from __future__ import annotations

import secrets

import streamlit as st

from core.jobs.runner import JobRunner

DOWNLOADS_AT_ONCE = 8  # most of them wait for one that fetches the same file


@st.cache_resource(show_spinner=False)
def downloads() -> JobRunner:
    """Return the runner of all visitors' downloads."""
    return JobRunner(slots=DOWNLOADS_AT_ONCE)


@st.cache_resource(show_spinner=False)
def trainings() -> JobRunner:
    """Return the runner of all visitors' trainings."""
    return JobRunner()


def _end_jobs_of(name: str) -> None:
    for runner in (downloads(), trainings()):
        runner.cancel_owner(name)


@st.cache_resource(scope="session", on_release=_end_jobs_of, show_spinner=False)
def owner() -> str:
    """Return the name under which this visitor owns jobs; they end when the visitor's tab closes."""
    return secrets.token_urlsafe(12)
