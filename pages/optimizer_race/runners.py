"""Who runs: the choice of optimizers, the same for surfaces and for networks."""

from __future__ import annotations

import streamlit as st

from core.knobs import Name
from core.optimization.optimizers import OPTIMIZERS
from core.words import N_
from pages.components import link
from pages.components.words import _

PAGE = "optimizer_race"
METHODS = Name(
    name="optimizers",
    label=N_("Optimizers"),
    default=",".join(name for name, optimizer in OPTIMIZERS.items() if optimizer.lecture),
)


def choose_optimizers() -> tuple[str, ...]:
    """Draw the choice and return the names of those that run, in the registry's order."""
    key = f"{PAGE}.{METHODS.name}"
    kept = [name for name in link.initial(key, METHODS).split(",") if name in OPTIMIZERS]
    with st.container(key="runners"):
        chosen = st.pills(
            _(METHODS.label),
            list(OPTIMIZERS),
            selection_mode="multi",
            default=kept,
            format_func=lambda name: _(OPTIMIZERS[name].title),
            label_visibility="collapsed",
        )
    names = tuple(name for name in OPTIMIZERS if name in chosen)
    st.session_state[key] = ",".join(names)
    link.show(METHODS, st.session_state[key])
    return names
