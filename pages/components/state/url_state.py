"""The address bar: every state is a link, and opening the link reproduces the state.

Streamlit's own `bind="query-params"` writes a widget's label, translated as it is, into the address; a Spanish link
would then fail in English. So the values themselves are written here, language-neutral, from the settings'
declarations.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from core.settings import Setting

Value = TypeVar("Value")

FLIGHT_SECONDS = 0.5  # how long the browser may still send an address that was meanwhile replaced
PUBLISHED = "link.published"
CURRENT = "link.current"
LINKED = "link.keys"
MARKED = "link.marked"
PAGE = "link.page"
BEGUN = "link.begun"


@dataclass(frozen=True)
class _Published:
    """What was written into the address bar, of which page and when, in seconds of the monotonic clock."""

    page: str
    parameters: dict[str, str]
    time: float


def follow(page: str = "") -> None:
    """Forget the linked state when the visitor went to another address (a link, or back); first call of each run.

    An address without any state, as the navigation's own links have, wishes for nothing: what was chosen stays.
    """
    address = st.query_params.to_dict()
    history: list[_Published] = st.session_state.setdefault(PUBLISHED, [])
    if address and history and address != history[-1].parameters and not _still_in_flight(address, history):
        for key in st.session_state.get(LINKED, ()):
            st.session_state.pop(key, None)
        history.clear()
    st.session_state[CURRENT] = {}
    st.session_state[PAGE] = page
    st.session_state[BEGUN] = time.monotonic()


def mark() -> None:
    """Remember what the address has so far: what a fragment that is drawn next begins with, whenever it runs again."""
    st.session_state[MARKED] = dict(st.session_state[CURRENT])


def return_to_mark() -> None:
    """Forget what was shown since `mark`; the first call of a fragment whose run may show less than the last one."""
    st.session_state[CURRENT] = dict(st.session_state[MARKED])
    st.session_state[BEGUN] = time.monotonic()


def initial(key: str, setting: Setting[Value]) -> Value:
    """Return the value of the state `key`, which at first is what the address says, else the setting's default."""
    st.session_state.setdefault(LINKED, set()).add(key)
    if key not in st.session_state:
        text = st.query_params.get(setting.name)
        st.session_state[key] = setting.default if text is None else setting.read(text)
    value: Value = st.session_state[key]
    return value


def show(setting: Setting[Any], value: Any) -> None:
    """Put `value` into the address under the setting's name, when `publish` is next called."""
    st.session_state[CURRENT][setting.name] = setting.write(value)


def hide(setting: Setting[Any]) -> None:
    """Leave the setting out of the address: what is on the screen does not depend on it."""
    st.session_state[CURRENT].pop(setting.name, None)


def publish() -> None:
    """Write what was shown since the run began into the browser's address bar.

    A run that was asked for before the last one's address reached the browser still has the old one; to write the same
    again then would reach a browser that may meanwhile stand on another page, whose address it would spoil.
    """
    page, parameters = st.session_state[PAGE], dict(st.session_state[CURRENT])
    history: list[_Published] = st.session_state[PUBLISHED]
    if not history or (history[-1].page, history[-1].parameters) != (page, parameters):
        history.append(_Published(page, parameters, time.monotonic()))
        del history[:-20]
    elif st.session_state[BEGUN] - history[-1].time < FLIGHT_SECONDS:
        return
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def _still_in_flight(address: dict[str, str], history: list[_Published]) -> bool:
    """Return whether `address` is an older one of ours that was replaced only a moment ago."""
    replaced = [history[i + 1].time for i, old in enumerate(history[:-1]) if old.parameters == address]
    return bool(replaced) and time.monotonic() - replaced[-1] < FLIGHT_SECONDS
