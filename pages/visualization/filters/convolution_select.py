"""Which filters a layer shows: its own, those whose channels it hands on, or those of a branch that leads to it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.i18n import N_
from core.settings import Identifier
from core.visualization.filters.kernels import Branch, KernelSource, branches, convolution_of, why_none
from pages.components.i18n import _
from pages.components.inputs.choices import choose
from pages.components.state import url_state
from pages.visualization.selection import NAME, Selection, set_channel, set_layer

BRANCH = Identifier(name="branch", label=N_("Branch"), default="")
"""The layer of the convolution that is looked at where several come together; empty for the first."""


@dataclass(frozen=True)
class Subject:
    """A convolution and its filter that has to do with the chosen channel: `first` + filter = channel."""

    convolution: KernelSource
    first: int = 0

    def filter(self, selection: Selection) -> int:
        """Return the chosen filter."""
        return min(max(selection.channel - self.first, 0), self.convolution.filters - 1)

    def choose(self, number: int) -> None:
        """Choose a filter, and with it the channel."""
        set_channel(self.first + number)


def choose_subject(selection: Selection) -> Subject | None:
    """Return whose filters are shown; where branches come together, draw the choice of one.

    None where there is nothing to show: why, and where to go instead, is drawn then.
    """
    own = convolution_of(selection.backbone, selection.layer.name)
    if own is not None:
        return Subject(own)
    found = branches(selection.backbone, selection.layer.name)
    holding = [branch for branch in found if branch.holds(selection.channel)]
    if not holding:
        _draw_none(selection, found)
        return None
    return _choose_branch(selection, [branch for branch in found if branch.first is not None], holding)


def _choose_branch(selection: Selection, known: list[Branch], holding: list[Branch]) -> Subject:
    """Draw the choice among `known` branches; those `holding` the channel come first, and are often the only one."""
    key = f"{NAME}.{BRANCH.name}"
    firsts = {branch.convolution.layer: branch.first or 0 for branch in known}
    names = [branch.convolution.layer for branch in holding]
    if url_state.initial(key, BRANCH) not in names:
        st.session_state[key] = names[0]

    def follow() -> None:
        branch = next(branch for branch in known if branch.convolution.layer == st.session_state[key])
        if not branch.holds(selection.channel):
            set_channel(branch.first or 0)

    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    left.markdown(_(why_none(selection.backbone, selection.layer.name)))
    with right:
        chosen = choose(
            _(BRANCH.label),
            list(firsts),
            str,
            key,
            on_change=follow,
            label_visibility="collapsed",
        )
    url_state.show(BRANCH, chosen)
    branch = next(branch for branch in known if branch.convolution.layer == chosen)
    return Subject(branch.convolution, branch.first or 0)


def _draw_none(selection: Selection, found: tuple[Branch, ...]) -> None:
    layer, key = selection.layer.name, f"{NAME}.go"
    with st.container(border=True):
        title = _("**{layer} has no filters of its own.**", layer=f"`{layer}`")
        st.markdown(f"{title}  \n{_(why_none(selection.backbone, layer))}")
        if not found:
            st.caption(_("Choose a convolution, or a layer that follows one, in the strip above."))
            return
        st.session_state[key] = None
        choose(
            _("Convolutions that lead to it"),
            [branch.convolution.layer for branch in found],
            str,
            key,
            is_optional=True,
            placeholder=_("Go to one of them"),
            on_change=lambda: set_layer(st.session_state[key]),
        )
