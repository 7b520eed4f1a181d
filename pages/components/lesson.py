"""A page whose heart is its lesson."""

from __future__ import annotations

import streamlit as st

from pages.components.header import lesson_text
from pages.components.words import language


def draw_lesson(page: str) -> None:
    """Draw the lesson of `page` in full, in a column narrow enough to read."""
    with st.container(border=True, width=860):
        title, _separator, body = lesson_text(page, language()).partition("\n")
        st.markdown(body if title.startswith("# ") else f"{title}\n{body}")
