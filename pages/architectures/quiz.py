"""Guess, then reveal: questions made from the chosen network's real numbers."""

from __future__ import annotations

import streamlit as st

from core.architectures.teaching.quiz import Question, Subject, questions
from core.i18n import N_
from core.settings import Integer, Toggle
from pages.components.caches import architectures
from pages.components.i18n import _
from pages.components.inputs.choices import choose
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state

PAGE = "architectures"
ROUND = Integer(
    name="round",
    label=N_("Round"),
    default=1,
    minimum=1,
    maximum=999,
    help=N_("The same round of the same network has the same questions for everybody."),
)
HIDES = Toggle(
    name="hides",
    label=N_("Hide the answers"),
    default=False,
    help=N_("For class: whoever opens the link of this page sees the questions, and no way to the answers."),
)
LINKED = f"{PAGE}.hidden_by_link"
ROUND_KEY, HIDES_KEY = f"{PAGE}.{ROUND.name}", f"{PAGE}.{HIDES.name}"


def draw(choice: BackboneChoice) -> None:
    """Draw the round's questions, and each answer when it is asked for."""
    entry = choice.entry
    hides = _choose_round(entry.title)
    asked = questions(Subject(entry, architectures.costs(entry.name, entry.input_size)), st.session_state[ROUND_KEY])
    right = 0
    for index, question in enumerate(asked, 1):
        with st.container(border=True):
            right += _draw_question(
                question, index, f"{PAGE}.{entry.name}.{st.session_state[ROUND_KEY]}.{index}", hides
            )
    if not hides:
        st.caption(_("{right} of {count} right so far.", right=right, count=len(asked)))


def _choose_round(title: str) -> bool:
    """Draw the choice of the round and whether answers are hidden, and return that.

    Who came by a link that hides them is not offered to show them.
    """
    asked = bool(url_state.initial(HIDES_KEY, HIDES))
    by_link = st.session_state.setdefault(LINKED, asked)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="quiz-toolbar"):
        draw_setting(ROUND, PAGE, width=140)
        st.button(
            _("Next round"),
            icon=":material/casino:",
            key=f"{PAGE}.next_round",
            on_click=_next_round,
        )
        if by_link:
            url_state.show(HIDES, True)
            hides = True
        else:
            hides = bool(draw_setting(HIDES, PAGE))
    if hides:
        st.caption(_("About {title}. The answers are hidden: talk about them.", title=title))
    else:
        st.caption(_("About {title}. Guess first, then reveal.", title=title))
    return hides


def _next_round() -> None:
    st.session_state[ROUND_KEY] = (st.session_state[ROUND_KEY] % (ROUND.maximum or 1)) + 1


def _draw_question(question: Question, index: int, key: str, hides: bool) -> bool:
    """Draw a question, and its answer once it is revealed; return whether that was guessed."""
    options = [_(option) for option in question.options] if question.are_words else list(question.options)
    st.markdown(f"**{index}.** " + _(question.text, **question.values))
    guess = choose(
        _("Your guess"),
        range(len(options)),
        options.__getitem__,
        f"{key}.guess",
        way="list",
        is_optional=True,
        horizontal=True,
        label_visibility="collapsed",
    )
    if hides:
        return False
    shown = f"{key}.shown"
    if not st.session_state.get(shown):
        st.button(
            _("Reveal"),
            icon=":material/visibility:",
            key=f"{key}.reveal",
            disabled=guess is None,
            on_click=st.session_state.update,
            args=({shown: True},),
        )
        return False
    said = f"**{options[question.right]}** · " + _(question.why, **question.values)
    if guess == question.right:
        st.success(said, icon=":material/check:")
    else:
        st.info(said, icon=":material/lightbulb:")
    return bool(guess == question.right)
