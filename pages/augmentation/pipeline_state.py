"""The pipeline of the page: it is in the link, and what was before can be had again."""

from __future__ import annotations

import streamlit as st

from core.augmentation.pipeline import Pipeline, read, write
from core.augmentation.presets import PRESETS
from core.errors import UserError
from core.i18n import N_
from core.settings import Identifier, Integer
from pages.augmentation.sections import PAGE
from pages.components.state import url_state
from pages.components.state.undo import UndoHistory

FIRST = "light"
LONGEST_PIPELINE = 1500  # characters in a link
PIPELINE = Identifier(name="pipeline", label=N_("Pipeline"), default=PRESETS[FIRST].text, longest=LONGEST_PIPELINE)
SEED = Integer(
    name="draws",
    label=N_("Seed"),
    default=0,
    minimum=0,
    maximum=9999,
    help=N_("All that is drawn follows from it: the same seed, the same samples, on any computer."),
)
KEY = f"{PAGE}.{PIPELINE.name}"
SEED_KEY = f"{PAGE}.{SEED.name}"
PAST = UndoHistory(f"{PAGE}.past")
PROBLEM = f"{PAGE}.problem"
GENERATION = f"{PAGE}.generation"


def pipeline() -> Pipeline:
    """Return the pipeline; one in a link that is none is replaced by the first preset, and that is said."""
    text = url_state.initial(KEY, PIPELINE)
    try:
        found = read(text)
    except UserError as problem:
        st.session_state[PROBLEM] = problem
        st.session_state[KEY] = text = PIPELINE.default
        found = read(text)
    url_state.show(PIPELINE, text)
    return found


def change(to: Pipeline, *, by_its_widget: bool = False) -> None:
    """Take another pipeline; the one before can be had again.

    A change that a step's own widget made leaves the widgets as they are; after any other they begin anew.
    """
    PAST.push(st.session_state[KEY])
    take(write(to), anew=not by_its_widget)


def take(text: str, *, anew: bool = True) -> None:
    """Take the pipeline that a text stands for; `anew`, the widgets of the steps begin with what it says."""
    st.session_state[KEY] = text
    st.session_state.pop(PROBLEM, None)
    if anew:  # under new keys: what the browser still sends for the old ones is not for these
        st.session_state[GENERATION] = generation() + 1


def generation() -> int:
    """Return how often the widgets of the steps have begun anew."""
    return int(st.session_state.get(GENERATION, 0))


def undo() -> None:
    """Take the pipeline that was before."""
    take(PAST.pop())


def redraw() -> None:
    """Draw other samples: the next seed."""
    st.session_state[SEED_KEY] = (int(st.session_state.get(SEED_KEY, 0)) + 1) % (SEED.maximum or 1)
