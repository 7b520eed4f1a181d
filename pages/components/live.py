"""What a job tells, drawn again and again while it runs: the one place that polls a followed job."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.followed import Followed, followed
from pages.components.player import POLL_SECONDS, Player

Draw = Callable[[Player, Followed], None]


def draw_live(find: Callable[[], Player], key: str, draw: Draw) -> None:
    """Let `draw` draw what the job remembered under `key` has told, of the player that `find` returns.

    While the job is at work this is repeated; at its end the whole page runs once more.
    """
    is_active = find().is_active

    @st.fragment(run_every=POLL_SECONDS if is_active else None)
    def live() -> None:
        one = find()
        one.note()
        mine = followed(key, one.job)
        if mine is None:
            return
        mine.catch_up()
        draw(one, mine)
        if is_active and not one.is_active:
            st.rerun()

    live()
