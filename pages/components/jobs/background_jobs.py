"""Background jobs of this session, shown in the sidebar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.components.i18n import _
from pages.components.jobs.player import Player, players
from pages.components.jobs.watched import whole_page

BEAT_SECONDS = 4.0  # well below the lease of a job


@contextmanager
def running_elsewhere(pages: dict[str, StreamlitPage]) -> Iterator[None]:
    """Draw, after the page, the progress of what runs and is not shown by it, and keep it alive."""
    with whole_page():
        yield
    elsewhere = [player for player in players() if player.is_active and not player.is_shown]
    if elsewhere:
        with st.sidebar:
            st.fragment(_draw, run_every=BEAT_SECONDS)(elsewhere, pages)


def _draw(elsewhere: list[Player], pages: dict[str, StreamlitPage]) -> None:
    for running in elsewhere:
        running.note()
        text = running.title if running.is_active else _("{title}: ended", title=running.title)
        st.progress(running.fraction if running.is_active else 1.0, text)
        if st.button(
            _("Go there"),
            icon=":material/arrow_forward:",
            key=f"{running.key}.visit",
            on_click=st.session_state.update,
            args=(running.view,),
        ):
            st.switch_page(pages[running.page])
