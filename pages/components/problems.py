"""How a problem looks: what was wrong and what to do, never a traceback."""

from __future__ import annotations

import streamlit as st

from core.problems import Problem
from pages.components.words import explain


def show(problem: Problem) -> None:
    """Draw the reason and the remedy of `problem`."""
    st.error(_plain(explain(problem)), icon=":material/error:")


def _plain(text: str) -> str:
    """Return `text` with Markdown's signs made harmless, since a problem may quote a file's name."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()<>#+!|~$:" else sign for sign in text)
