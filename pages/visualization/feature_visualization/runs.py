"""A visitor's pictures in the making: the job that makes them, what it has told, and those that are done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.events import Event
from core.jobs.job import Job
from core.visualization.feature_visualization.activation_maximisation import maximise
from core.visualization.feature_visualization.history import History
from core.visualization.feature_visualization.ingredient_ablation import maximise_stepwise
from core.visualization.feature_visualization.records import Maximisation
from pages.components.caches import runners
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import Player
from pages.visualization.feature_visualization.options import VisualizationRequest

OBSERVED = "visualization.made_run"
DONE = "visualization.made_done"
DONE_KEPT = 8  # each at most 2.4 MB of pixels
DEADLINE_SECONDS = 1800.0


@dataclass
class ObservedVisualization(ObservedJob):
    """A run that was started, and what there is of its pictures."""

    history: History = field(default_factory=History)

    @property
    def request(self) -> VisualizationRequest:
        """Return what is to be made."""
        request: VisualizationRequest = self.question
        return request

    def take(self, events: Sequence[Event]) -> None:
        """Add what has come to the history; what there is at the end is kept."""
        self.history.add(events)  # type: ignore[arg-type]
        if self.history.made is not None:
            _keep(self.request, self.history)


def start(request: VisualizationRequest) -> Callable[[], Job]:
    """Return what begins a run of its own process."""

    def submit() -> Job:
        work = maximise_stepwise if request.ladder else maximise
        job = runners.trainings().submit(runners.owner(), work, request.config, deadline_seconds=DEADLINE_SECONDS)
        return observe(OBSERVED, ObservedVisualization(request, job))

    return submit


def history_of(playback: Player, request: VisualizationRequest) -> History | None:
    """Return what there is of a wish: of the run that is shown, or of one that was done before."""
    mine = run_of(playback)
    if mine is not None and _key(mine.request) == _key(request):
        return mine.history
    done: dict[tuple[Maximisation, bool], History] = st.session_state.get(DONE, {})
    return done.get(_key(request))


def run_of(playback: Player) -> ObservedVisualization | None:
    """Return the player's run, up to date; None where there is none."""
    return observed_job(OBSERVED, playback, ObservedVisualization)


def _keep(request: VisualizationRequest, history: History) -> None:
    done: dict[tuple[Maximisation, bool], History] = st.session_state.setdefault(DONE, {})
    done.pop(_key(request), None)
    done[_key(request)] = history
    while len(done) > DONE_KEPT:
        del done[next(iter(done))]


def _key(request: VisualizationRequest) -> tuple[Maximisation, bool]:
    return request.config, request.ladder
