"""An unseen component that takes pictures pasted, or dropped anywhere on the page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.components.canvas import define

_inbox = define("drop_zone", '<div class="veil" hidden></div>')


@dataclass(frozen=True)
class Parcel:
    """A file that arrived: its name, a label only, and its bytes."""

    name: str
    data: bytes


def drop_zone(key: str, invitation: str, nameless: str, on_arrival: Callable[[], None]) -> None:
    """Mount the component; `invitation` shows while a file is dragged over the page, `nameless` names one without."""
    _inbox(key=key, data={"invitation": invitation, "nameless": nameless}, on_picture_change=on_arrival)


def arrived(key: str) -> Parcel | None:
    """Return the file that just arrived, for the callback of `drop_zone`; None where it is not readable."""
    value = (st.session_state.get(key) or {}).get("picture")
    if not isinstance(value, dict):
        return None
    try:
        data = base64.b64decode(str(value.get("data", "")), validate=True)
    except binascii.Error:
        return None
    return Parcel(str(value.get("name", "")), data)
