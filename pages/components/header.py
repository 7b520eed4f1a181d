"""The first line of each page: title, language, one sentence of purpose, and the lesson one click away."""

from __future__ import annotations

import functools
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.words import LANGUAGES, STATE, _, language

LESSONS = Path(__file__).parents[2] / "assets" / "lessons"


def header(page: str, title: str, purpose: str, *, lesson: bool = True) -> DeltaGenerator:
    """Draw the header of `page` and return a free place in it; `title` and `purpose` are translated already.

    `lesson` is false where the page itself shows the lesson.
    """
    with st.container(key="header", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        free = st.container(width="stretch")
        if lesson:
            with st.popover(_("Lesson"), icon=":material/menu_book:"):
                st.markdown(lesson_text(page, language()))
        choose_language()
    st.caption(purpose)
    return free


def choose_language() -> None:
    """Draw the language switch; the choice holds for this visitor, and a cookie remembers it for the next visit."""
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key=STATE,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )


@functools.cache
def lesson_text(page: str, code: str) -> str:
    """Return the lesson of a page as Markdown."""
    return (LESSONS / code / f"{page}.md").read_text(encoding="utf-8")
