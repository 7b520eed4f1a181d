"""Races that a visitor has kept, to lay the next one over them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.optimization.network_race.curves import Curves
from core.optimization.network_race.tasks import TASKS
from pages.components.i18n import _
from pages.components.inputs.choices import choose_some

PAGE = "optimizer_race"
SAVED = f"{PAGE}.saved"
OVERLAY = f"{PAGE}.overlay"
KEPT = 4


@dataclass(frozen=True, eq=False)
class Saved:
    """A kept race and its number, by which the visitor tells it from others of the same task."""

    number: int
    curves: Curves

    def name(self) -> str:
        """Return what it is called in the visitor's language."""
        return f"{_(TASKS[self.curves.race.task].title)} {self.number}"


def saved_races() -> list[Saved]:
    """Return this visitor's kept races, the oldest first."""
    kept: list[Saved] = st.session_state.setdefault(SAVED, [])
    return kept


def keep(curves: Curves) -> None:
    """Keep a race; of more than `KEPT` the oldest goes. It is laid under the next one at once."""
    kept = saved_races()
    number = 1 + max((saved.number for saved in kept), default=0)
    kept.append(Saved(number, curves))
    del kept[:-KEPT]
    st.session_state[OVERLAY] = [*st.session_state.get(OVERLAY, []), number][-2:]


def is_kept(curves: Curves) -> bool:
    """Return whether a race is among the kept ones."""
    return any(saved.curves is curves for saved in saved_races())


def shown_races() -> list[Saved]:
    """Draw the choice among the kept races, if there are any, and return those to be laid under the present one."""
    kept = {saved.number: saved for saved in saved_races()}
    if not kept:
        return []
    chosen = choose_some(_("Kept races"), list(kept), lambda number: kept[number].name(), OVERLAY)
    return [saved for saved in kept.values() if saved.number in chosen]
