"""A live section: the one place that redraws while a job runs, and notices when it begins and ends."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.jobs.watched import Watched

POLL_SECONDS = 0.18  # more than five times a second


def live(
    watched: Watched, draw: Callable[[], None], *, every_seconds: float = POLL_SECONDS, is_due: bool = False
) -> None:
    """Draw with `draw`, repeatedly while the job is at work; the whole page once that has begun or ended.

    With `is_due`, repeatedly also where there is no job yet.
    """
    watched.is_shown = True

    def once_more() -> None:
        watched.note()
        draw()
        if watched.has_changed:
            st.rerun()

    st.fragment(once_more, run_every=every_seconds if is_due or watched.is_active else None)()
