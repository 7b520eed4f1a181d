"""A mistake of ours is told in the visitor's language, wherever it happens, and never as a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.components.i18n import LANGUAGES, translation
from pages.components.layout.error_message import show_unexpected
from tests.pages.session import Session, sessions

SCRIPT = """
import streamlit as st
from pages.components.i18n import STATE

st.session_state[STATE] = "{code}"

def fail():
    raise ZeroDivisionError("nobody is to see this")

{body}
"""
BODIES = {
    "in the page": "fail()",
    "in a fragment": "st.fragment(fail)()",
    "in a callback": "st.button('Go', on_click=fail)",
}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("where", BODIES)
def test_it_is_told_in_the_language_of_the_page(tmp_path: Path, where: str, code: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(code=code, body=BODIES[where]), encoding="utf-8")
    with sessions():
        session = Session(script, on_script_error=show_unexpected).open()
        if where == "in a callback":
            session.press("Go")
            session.settle()
        (alert,) = (proto.body for kind, proto in session.screen.protos if kind == "alert")
        assert not session.screen.exceptions
        session.close()
    assert alert == translation(code).gettext(
        "Something failed here that should not have, and it was not you. What you have chosen is kept: "
        "choose something else, or load the page anew. Whoever runs this server finds the cause in its log."
    )
    assert "nobody" not in alert
