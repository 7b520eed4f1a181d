"""What components need in which a click silences a channel, or lets it speak again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Silencing:
    """Which channels of the layer `of` are silenced; `on_click` is called when a click asks to change that.

    `heard` is the time of the last click that has been taken into account, in milliseconds by the browser's clock. The
    component sends later ones again with each click: of two that arrive together Streamlit hands on only the last.
    """

    of: str
    channels: tuple[int, ...]
    heard: int
    on_click: Callable[[], None]

    def as_json(self) -> dict[str, Any]:
        """Return what the component is told."""
        return {"of": self.of, "channels": self.channels, "heard": self.heard}


def new_clicks(component: str, heard: int) -> list[tuple[int, int]]:
    """Return (time, channel) of each click in a component that has not been `heard` yet, for its `on_click`."""
    clicks = (st.session_state.get(component) or {}).get("clicks") or []
    return [(int(time), int(channel)) for time, channel in clicks if time > heard]
