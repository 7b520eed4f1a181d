"""Races that a visitor has kept, to lay the next one over them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.optimization.tasks import TASKS
from core.optimization.training_curves import Curves
from pages.components.words import _

PAGE = "optimizer_race"
SAVED = f"{PAGE}.saved"
KEPT = 4


@dataclass(frozen=True, eq=False)
class Saved:
    """A kept race under a short title."""

    title: str
    curves: Curves


def saved_races() -> list[Saved]:
    """Return this visitor's kept races, the oldest first."""
    kept: list[Saved] = st.session_state.setdefault(SAVED, [])
    return kept


def keep(curves: Curves) -> None:
    """Keep a race; of more than `KEPT` the oldest goes. It is laid under the next one at once."""
    kept = saved_races()
    number = 1 + max((int(saved.title.rpartition(" ")[2]) for saved in kept), default=0)
    title = f"{_(TASKS[curves.race.task].title)} {number}"
    kept.append(Saved(title, curves))
    del kept[:-KEPT]
    st.session_state[f"{PAGE}.overlay"] = [*st.session_state.get(f"{PAGE}.overlay", []), title][-2:]


def is_kept(curves: Curves) -> bool:
    """Return whether a race is among the kept ones."""
    return any(saved.curves is curves for saved in saved_races())


def shown_races() -> list[Saved]:
    """Draw the choice among the kept races, if there are any, and return those to be laid under the present one."""
    kept = saved_races()
    if not kept:
        return []
    key = f"{PAGE}.overlay"
    titles = [saved.title for saved in kept]
    st.session_state[key] = [title for title in st.session_state.get(key, []) if title in titles]
    chosen = st.pills(_("Kept races"), titles, selection_mode="multi", key=key)
    return [saved for saved in kept if saved.title in chosen]
