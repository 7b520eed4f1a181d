"""The parts of the page, and the ways between them."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.settings import Choice
from pages.components.inputs.model_select import use_backbone
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "architectures"
SECTION = Choice(
    name="part",
    label=N_("Part"),
    default="map",
    options=(
        ("map", N_("Map")),
        ("network", N_("One network")),
        ("beside", N_("Side by side")),
        ("ideas", N_("Ideas")),
        ("build", N_("Build")),
        ("quiz", N_("Guess")),
        ("families", N_("Families")),
    ),
)


def choose_section() -> str:
    """Draw the row of parts and return the chosen one's name."""
    with st.container(key="parts"):
        return draw_setting(SECTION, PAGE, label_visibility="collapsed", in_a_row=True)


def open_network(name: str) -> None:
    """Choose a backbone, for all pages, and go to its section; for callbacks."""
    use_backbone(name)
    st.session_state[f"{PAGE}.{SECTION.name}"] = "network"
