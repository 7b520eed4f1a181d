"""The parts of the page: from samples to what the network receives."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.settings import Choice, Integer
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state

PAGE = "augmentation"
SECTION = Choice(
    name="part",
    label=N_("Part"),
    default="samples",
    options=(
        ("samples", N_("Samples")),
        ("steps", N_("Step by step")),
        ("several", N_("Several pictures")),
        ("along", N_("Boxes and masks")),
        ("receives", N_("Network input")),
        ("mind", N_("Does it mind?")),
        ("labels", N_("Is the label true?")),
        ("helps", N_("Does it help?")),
    ),
)
SAMPLES = 16
NUMBER = Integer(
    name="sample",
    label=N_("Sample"),
    default=1,
    minimum=1,
    maximum=SAMPLES,
    help=N_("One of the samples of the grid; the arrow keys go from one to the next."),
)
SAMPLE_KEY = f"{PAGE}.{NUMBER.name}"


def choose_section() -> str:
    """Draw the row of parts and return the chosen one's name."""
    with st.container(key="augmentation-parts"):
        return draw_setting(SECTION, PAGE, label_visibility="collapsed", in_a_row=True)


def shown_sample() -> int:
    """Return the number of the sample that is chosen, from 0, before its choice is drawn."""
    return url_state.initial(SAMPLE_KEY, NUMBER) - 1


def show_sample(index: int) -> None:
    """Choose a sample by its number, from 0."""
    st.session_state[SAMPLE_KEY] = index + 1


def choose_sample() -> int:
    """Draw the choice of one sample and return its number, from 0."""
    return draw_setting(NUMBER, PAGE, as_slider=True, width=150) - 1
