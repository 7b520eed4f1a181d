"""The choice of optimizers, the same for surfaces and networks."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.optimization.optimizers import OPTIMIZERS
from core.settings import Identifier
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_multi_setting

PAGE = "optimizer_race"
METHODS = Identifier(
    name="optimizers",
    label=N_("Optimizers"),
    default=",".join(name for name, optimizer in OPTIMIZERS.items() if optimizer.lecture),
)


def choose_optimizers() -> tuple[str, ...]:
    """Draw the choice and return the names of those that run, in the registry's order."""
    with st.container(key="runners"):
        return draw_multi_setting(
            METHODS, PAGE, list(OPTIMIZERS), lambda name: _(OPTIMIZERS[name].title), label_visibility="collapsed"
        )
