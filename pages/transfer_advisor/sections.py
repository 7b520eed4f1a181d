"""The parts of the page in the order of a decision, and the ways between them."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.settings import Choice
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "transfer_advisor"
PART = Choice(
    name="part",
    label=N_("Part"),
    default="data",
    options=(
        ("data", N_("1 · Data")),
        ("diagnosis", N_("2 · Diagnosis and advice")),
        ("proof", N_("3 · Proof")),
        ("model", N_("4 · Your model")),
        ("cases", N_("Cases")),
    ),
)


def choose_part() -> str:
    """Draw the row of parts and return the chosen one's name."""
    with st.container(key="transfer-parts"):
        return draw_setting(PART, PAGE, label_visibility="collapsed", in_a_row=True)


def draw_next(part: str, label: str) -> None:
    """Draw the button that leads on to another part."""
    st.button(label, icon=":material/arrow_forward:", key=f"{PAGE}.to_{part}", on_click=_go, args=(part,))


def _go(part: str) -> None:
    st.session_state[f"{PAGE}.{PART.name}"] = part
