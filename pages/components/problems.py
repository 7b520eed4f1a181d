"""How a problem looks: what was wrong and what to do, never a traceback."""

from __future__ import annotations

import streamlit as st

from core.problems import Problem
from pages.components.markdown import plain
from pages.components.words import explain


def show(problem: Problem) -> None:
    """Draw the reason and the remedy of `problem`."""
    st.error(plain(explain(problem)), icon=":material/error:")
