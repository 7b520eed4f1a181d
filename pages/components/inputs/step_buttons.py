"""The small buttons behind each step of a row of steps: up, down, out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.components.i18n import _

Steps = TypeVar("Steps")


def draw_step_tools(
    key: str, index: int, count: int, change: Callable[[Steps], None], moved: Callable[[int], Steps], without: Steps
) -> None:
    """Draw the buttons of one of so many steps; `change` takes what `moved` by ±1 returns, or those `without` it."""
    for icon, name, by in (("arrow_upward", _("Move up"), -1), ("arrow_downward", _("Move down"), 1)):
        st.button(
            name,
            icon=f":material/{icon}:",
            key=f"{key}.{icon}",
            help=name,
            type="tertiary",
            disabled=not 0 <= index + by < count,
            on_click=change,
            args=(moved(by),),
        )
    st.button(
        _("Take out"),
        icon=":material/close:",
        key=f"{key}.remove",
        help=_("Take out"),
        type="tertiary",
        on_click=change,
        args=(without,),
    )
