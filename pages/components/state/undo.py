"""Undo: the earlier values of a session state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class UndoHistory:
    """The earlier values of something, the last `most` of them; the state `key` holds them."""

    key: str
    most: int = 30

    def __bool__(self) -> bool:
        """Return whether there is something to go back to."""
        return bool(st.session_state.get(self.key))

    def __len__(self) -> int:
        return len(st.session_state.get(self.key, ()))

    def push(self, value: Any) -> None:
        """Keep what is about to be changed."""
        values = st.session_state.setdefault(self.key, [])
        values.append(value)
        del values[: -self.most]

    def pop(self) -> Any:
        """Return the value before the last change, and forget it. Raises `LookupError` where there is none."""
        values = st.session_state.get(self.key)
        if not values:
            raise LookupError(f"{self.key} holds no earlier value")
        return values.pop()

    def clear(self) -> None:
        """Forget all earlier values."""
        st.session_state[self.key] = []
