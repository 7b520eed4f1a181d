"""Pictures that represent a class, a channel or a unit: found in a collection, or made by gradient ascent."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.settings import Choice
from core.visualization.dataset_examples.export import DatasetExamplesExport
from core.visualization.feature_visualization.export import FeatureVisualizationExport
from pages.components.inputs.setting_widgets import draw_setting
from pages.visualization.dataset_examples import section as found
from pages.visualization.feature_visualization import section as made
from pages.visualization.selection import NAME, Selection, set_section

ORIGIN = Choice(
    name="origin",
    label=N_("Representative images"),
    default="found",
    options=(("found", N_("Found in a collection")), ("made", N_("Made by gradient ascent"))),
)


def draw(selection: Selection) -> DatasetExamplesExport | FeatureVisualizationExport | None:
    """Draw the switch between both senses, and the one that is chosen; return what it shows."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="images-origin"):
        origin = draw_setting(ORIGIN, NAME, label_visibility="collapsed")
        beside = st.container(
            horizontal=True, width="stretch", horizontal_alignment="right", vertical_alignment="center", gap="medium"
        )
    if origin == "made":
        return made.draw(selection, beside)
    return found.draw(selection)


def go_to_made() -> None:
    """Go where pictures are made; for callbacks."""
    st.session_state[f"{NAME}.{ORIGIN.name}"] = "made"
    set_section("images")
