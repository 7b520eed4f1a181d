"""The first line of each page: title, language, one sentence of purpose, and the lesson one click away."""

from __future__ import annotations

import functools

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.paths import ASSETS
from pages.components.i18n import LANGUAGES, STATE, _, language
from pages.components.inputs.choices import choose, tabs

LESSONS = ASSETS / "lessons"


def header(page: str, title: str, purpose: str, *, lessons: tuple[str, ...] | None = None) -> DeltaGenerator:
    """Draw the header of `page` and return a free place in it; `title` and `purpose` are translated already.

    `lessons` are those that it offers, by default the page's own; none where the page itself shows it.
    """
    with st.container(key="header", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        free = st.container(width="stretch")
        offered = (page,) if lessons is None else lessons
        if offered:
            with st.popover(_("Lesson"), icon=":material/menu_book:"):
                _draw_lessons(offered)
        choose_language()
    st.caption(purpose)
    return free


def choose_language() -> None:
    """Draw the language switch; the choice holds for this visitor, and a cookie remembers it for the next visit."""
    choose(
        _("Language"),
        list(LANGUAGES),
        LANGUAGES.__getitem__,
        STATE,
        way="row",
        label_visibility="collapsed",
    )


def _draw_lessons(names: tuple[str, ...]) -> None:
    """Draw one lesson, or several in tabs that bear their titles."""
    texts = [lesson_text(name, language()) for name in names]
    if len(texts) == 1:
        st.markdown(texts[0])
        return
    titles = {name: text.partition("\n")[0].removeprefix("# ") for name, text in zip(names, texts, strict=True)}
    for tab, text in zip(tabs(titles, f"lessons.{'.'.join(names)}"), texts, strict=True):
        tab.markdown(text)


@functools.cache
def lesson_text(name: str, code: str) -> str:
    """Return a lesson as Markdown."""
    return (LESSONS / code / f"{name}.md").read_text(encoding="utf-8")
