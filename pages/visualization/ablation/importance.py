"""Which channels matter: each is silenced in turn while the page is looked at; what is done so far is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.errors import UserError
from core.visualization.ablation.channel_ablation import Ablation, AblationEvent, collected, silence_each
from pages.components.caches import visualization
from pages.components.caches.visualization import AblationKey
from pages.components.i18n import _
from pages.components.jobs.incremental import Work
from pages.components.layout import error_message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.visualization.ablation.channel_ablation import Logits

STATE = "visualization.importance"
FIRST_SECONDS = 0.8  # of work before the page is drawn to its end; most layers need less
SLICE_SECONDS = 0.5  # of work at a time after that: a click waits until a slice has ended
POLL_SECONDS = 0.1


@dataclass
class Run(Work):
    """One visitor's unfinished look at all channels: the `events` of `silence_each` so far."""

    total: int = 0
    events: list[AblationEvent] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Return how many channels have been looked at."""
        return self.events[-1].step if self.events else 0

    @property
    def is_complete(self) -> bool:
        """Return whether all channels have been looked at."""
        return self.step == self.total

    def advance(self) -> None:
        """Look at the next channels; a stream that fails is begun anew behind those that are known."""
        super().advance()
        self.events.append(self.latest)


@dataclass(frozen=True, eq=False)
class Importance:
    """The change of each logit, (channels, classes), by each of `channels` silenced alone; `total` channels there are.

    `run` is what has yet to come to an end, None where nothing is missing.
    """

    channels: NDArray[np.intp]
    changes: Logits
    total: int
    run: Run | None = None


def importance_of(key: AblationKey, total: int, ablation: Callable[[], Ablation]) -> Importance:
    """Return what is known of the importance of a layer's channels, after a moment's work where something is missing.

    What takes longer is done by `watch`, piece by piece, so that a click elsewhere is heard in between.
    """
    if not visualization.importance.holds(key):
        run = _run_of(key, total, ablation)
        run.advance_for(FIRST_SECONDS)
        channels, changes = collected(run.events)
        if run.step < total:
            return Importance(channels, changes, total, run)
        changes = visualization.importance(key, lambda: changes)
    else:
        changes = visualization.importance(key, lambda: collected(list(silence_each(ablation())))[1])
    st.session_state.pop(STATE, None)
    return Importance(np.arange(total), changes, total)


def watch(run: Run) -> None:
    """Draw the progress of a run that goes on, and go on with it."""
    st.fragment(partial(_watch, run), run_every=POLL_SECONDS)()


def go_on(run: Run, wanted: bool) -> None:
    """Ask for what takes long, or for no more of it; a callback for buttons."""
    run.is_wanted = wanted


def _watch(run: Run) -> None:
    text = _("Silencing one after the other: {step} of {total}", step=run.step, total=run.total)
    if run.seconds_left >= 1:
        text = _("{text} · {seconds:.0f} s left", text=text, seconds=run.seconds_left)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.progress(run.step / run.total, text, width="stretch")
        if run.is_wanted:
            st.button(_("Stop"), icon=":material/stop:", key=f"{STATE}.stop", on_click=go_on, args=(run, False))
    try:
        run.advance_for(SLICE_SECONDS)
    except UserError as problem:  # the server is busy; the next tick tries again
        error_message.show(problem)
    if not run.should_go_on:
        st.rerun()  # the whole page: only that ends the polling


def _run_of(key: AblationKey, total: int, ablation: Callable[[], Ablation]) -> Run:
    run: Run | None = st.session_state.get(STATE)
    if run is None or run.key != key:
        run = st.session_state[STATE] = Run(key, lambda: silence_each(ablation(), done=_done()), total=total)
    return run


def _done() -> int:
    run: Run | None = st.session_state.get(STATE)
    return run.step if run else 0
