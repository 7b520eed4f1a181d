"""The one or two backbones that the chosen one is compared with; they stay chosen on every page."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from core.architectures.backbones import BACKBONES, available_weights
from core.knobs import Name
from core.words import N_
from pages.components import link
from pages.components.choosers import BackboneChoice
from pages.components.words import _

OTHERS = Name(name="with", label=N_("Compare with"), default="tiny_vgg,tiny_mobilenet")
OTHERS_KEY = f"shared.{OTHERS.name}"
OTHERS_AT_MOST = 2


def choose_others(first: BackboneChoice) -> Iterator[BackboneChoice]:
    """Draw the choice and yield the others, with weights of the first one's kind where they have them."""
    kept = [name for name in link.initial(OTHERS_KEY, OTHERS).split(",") if name in BACKBONES]
    options = [name for name in BACKBONES if name != first.entry.name]
    names = st.multiselect(
        _(OTHERS.label),
        options,
        [name for name in kept if name in options][:OTHERS_AT_MOST],
        format_func=lambda name: BACKBONES[name].title,
        max_selections=OTHERS_AT_MOST,
    )
    st.session_state[OTHERS_KEY] = ",".join(names)
    link.show(OTHERS, st.session_state[OTHERS_KEY])
    for name in names:
        available = available_weights(BACKBONES[name])
        weights = first.weights if first.weights in available else available[0]
        yield BackboneChoice(BACKBONES[name], weights, first.seed)
