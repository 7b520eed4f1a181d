"""The optimizers themselves: idea, formula and paper, one click away."""

from __future__ import annotations

import streamlit as st

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surfaces.registry import SURFACES
from pages.components.i18n import _


def draw_optimizers() -> None:
    """Draw the formulas of all optimizers and of all surfaces, folded away."""
    with st.expander(_("The optimizers and their formulas"), icon=":material/functions:"):
        for optimizer in OPTIMIZERS.values():
            _draw(optimizer.title, optimizer.idea, optimizer.formula, optimizer.paper)
    with st.expander(_("The surfaces and their formulas"), icon=":material/landscape:"):
        for surface in SURFACES.values():
            _draw(surface.title, surface.idea, rf"f(x, y) = {surface.formula}")


def _draw(title: str, idea: str, formula: str, paper: str = "") -> None:
    st.markdown(f"**{_(title)}** · {_(idea)}")
    st.latex(formula, width="content")
    if paper:
        st.caption(paper)
