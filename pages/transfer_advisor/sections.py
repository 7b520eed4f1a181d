"""The parts of the page in the order of a decision, and the ways between them."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.settings import Choice
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "transfer_advisor"
SECTION = Choice(
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


def choose_section() -> str:
    """Draw the row of parts and return the chosen one's name."""
    with st.container(key="transfer-parts"):
        return draw_setting(SECTION, PAGE, label_visibility="collapsed", in_a_row=True)


def draw_next(section: str, label: str) -> None:
    """Draw the button that leads on to another section."""
    st.button(label, icon=":material/arrow_forward:", key=f"{PAGE}.to_{section}", on_click=_go, args=(section,))


def _go(section: str) -> None:
    st.session_state[f"{PAGE}.{SECTION.name}"] = section
