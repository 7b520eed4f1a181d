"""One backbone: a layer of it, and one of the sections that look at that; a change here reruns nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import streamlit as st

from core.images import Picture
from core.visualization.grid import PAGE
from pages.components import cache, link
from pages.components.choosers import choose_layer
from pages.components.turns import going_first
from pages.visualization.focus import NAME, choose_section, focus_on
from pages.visualization.input import fit_in_use

if TYPE_CHECKING:
    from core.architectures.loading import Backbone


@st.fragment
def explore(picture: Picture, backbone: Backbone) -> None:
    """Draw the layer strip, the row of sections and the chosen section."""
    link.return_to_mark()
    fit = fit_in_use()
    activations = cache.activations(backbone, picture, fit)
    with going_first():
        layer = choose_layer(NAME, backbone.entry, activations, first_page)
        section = choose_section()
        focus = focus_on(picture, backbone, fit, activations, layer)
        if section == "maps":
            from pages.visualization import maps

            maps.draw(focus)
    if section != "maps":
        try:
            module = importlib.import_module(f"pages.visualization.{'linked' if section == 'channel' else section}")
        except ModuleNotFoundError as error:
            st.info(str(error))
        else:
            module.draw(focus)
    link.publish()


def first_page() -> None:
    """Return to the first page of channels: another layer has others."""
    st.session_state[f"{NAME}.{PAGE.name}"] = PAGE.default
