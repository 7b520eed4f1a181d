"""Error messages: what was wrong and what to do, never a traceback."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from pages.components.i18n import _, explain
from pages.components.layout.markdown import plain


def show(problem: UserError) -> None:
    """Draw the reason and the remedy of `problem`."""
    st.error(plain(explain(problem)), icon=":material/error:")


def show_unexpected(_error: Exception) -> bool:
    """Say, in the visitor's language, that something failed that should not have; what it was stands in the log."""
    st.error(
        _(
            "Something failed here that should not have, and it was not you. What you have chosen is kept: choose "
            "something else, or load the page anew. Whoever runs this server finds the cause in its log."
        ),
        icon=":material/bug_report:",
    )
    return True
