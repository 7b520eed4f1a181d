"""Case cards for class: decide first, then reveal."""

from __future__ import annotations

import streamlit as st

from core.transfer.advice.case_studies import CASES, Case
from core.transfer.advice.rules import RULES
from pages.components.i18n import _
from pages.components.inputs.choices import choose
from pages.transfer_advisor.sections import PAGE

REVEALED = f"{PAGE}.revealed"


def draw() -> None:
    """Draw the cards, two beside each other, and how many were decided as argued."""
    st.markdown(_("What would you do? Decide first, then reveal: there are arguments rather than right answers."))
    columns = st.columns(2, gap="medium")
    for index, case in enumerate(CASES.values()):
        with columns[index % 2], st.container(border=True, key=f"case-{case.name}"):
            _draw_card(case)
    revealed: set[str] = st.session_state.get(REVEALED, set())
    agreed = sum(st.session_state.get(_key(case)) == case.rule for case in CASES.values() if case.name in revealed)
    if revealed:
        st.markdown(_("Decided as argued here: **{agreed} of {count}**", agreed=agreed, count=len(revealed)))


def _draw_card(case: Case) -> None:
    st.markdown(f"**{_(case.title)}**")
    st.markdown(_(case.text))
    chosen = choose(
        _("What would you do?"),
        list(RULES),
        lambda name: _(RULES[name].advice),
        _key(case),
        way="list",
        is_optional=True,
        label_visibility="collapsed",
    )
    revealed = case.name in st.session_state.get(REVEALED, set())
    if not revealed:
        st.button(
            _("Reveal"),
            icon=":material/visibility:",
            key=f"{PAGE}.reveal.{case.name}",
            disabled=chosen is None,
            on_click=_reveal,
            args=(case.name,),
        )
        return
    rule = RULES[case.rule]
    text = f"**{_(rule.title)}.** {_(rule.advice)} {_(case.argument)}"
    if chosen == case.rule:
        st.success(text, icon=":material/check:")
    else:
        st.info(text, icon=":material/lightbulb:")


def _key(case: Case) -> str:
    return f"{PAGE}.case.{case.name}"


def _reveal(name: str) -> None:
    st.session_state.setdefault(REVEALED, set()).add(name)
