"""What a visitor has running on another page: it goes on, and the sidebar says so on every page."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.components.player import Player, players
from pages.components.words import _

BEAT_SECONDS = 4.0  # well below the lease of a job


def draw_running(pages: dict[str, StreamlitPage], here: str) -> None:
    """Draw the progress of what runs for other pages than `here`, and keep it alive; nothing where nothing runs."""
    elsewhere = [one for one in players() if one.page != here and one.is_active]
    if elsewhere:
        st.fragment(_draw, run_every=BEAT_SECONDS)(elsewhere, pages)


def _draw(elsewhere: list[Player], pages: dict[str, StreamlitPage]) -> None:
    for one in elsewhere:
        one.note()
        text = one.title if one.is_active else _("{title}: ended", title=one.title)
        st.progress(one.fraction if one.is_active else 1.0, text)
        st.page_link(pages[one.page], label=_("Go there"), icon=":material/arrow_forward:")
