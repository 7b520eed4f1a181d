"""Latency measured on this machine by a job; all visitors share the result."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import streamlit as st

from core.architectures.costs.latency import Timing, time_backbones
from core.architectures.zoo.backbones import BACKBONES
from core.events import Event
from core.jobs.job import Job
from pages.components.caches import architectures, runners
from pages.components.i18n import _
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import Player, player

PLAYER = "architectures.latency_player"
VIEW = {"architectures.part": "map"}
OBSERVED = "architectures.latency"
EVERY_SECONDS = 0.6


class ObservedMeasurement(ObservedJob):
    """A measurement that was started as a job; what it tells is for all visitors."""

    def take(self, events: Sequence[Event]) -> None:
        """Keep the latencies that have come."""
        for event in events:
            if isinstance(event, Timing):
                architectures.latencies()[event.name] = event.milliseconds


def measured() -> Mapping[str, float]:
    """Return the latencies that are known so far, in milliseconds, by backbone."""
    observed_job(OBSERVED, measuring(), ObservedMeasurement)
    return dict(architectures.latencies())


def missing() -> tuple[str, ...]:
    """Return the backbones that have not been timed, those that are quick to build first."""
    known = architectures.latencies()
    unknown = [entry for entry in BACKBONES.values() if entry.name not in known]
    return tuple(entry.name for entry in sorted(unknown, key=lambda entry: entry.parameters))


def measuring() -> Player:
    """Return this visitor's player of the measurement."""
    return player(PLAYER, "architectures", VIEW)


def draw_measurement(playback: Player) -> None:
    """Draw the button that starts the measurement, or how far it is and the button that stops it."""
    names = missing()
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="latency"):
        playback.is_shown = True
        if playback.is_active:
            live(playback, functools.partial(_draw_progress, playback), every_seconds=EVERY_SECONDS)
        elif names:
            st.button(
                _("Measure latency here"),
                icon=":material/timer:",
                key=f"{PLAYER}.start",
                on_click=playback.start,
                args=(lambda: _submit(names), _("Latency")),
                help=_(
                    "Times a forward pass of one picture on one processor core, for each backbone in turn: about two "
                    "minutes for all. It runs in a process of its own; what is measured serves all visitors."
                ),
            )


def _draw_progress(playback: Player) -> None:
    """Draw how far the measurement is; the map gets its points when it ends, or when the page is drawn for a reason."""
    measured()
    text = _("Timing the backbones: {count} to go", count=len(missing()))
    if playback.job is not None and playback.job.position:
        text = _("Place {position} in the queue: others are training.", position=playback.job.position)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.progress(playback.fraction, text, width=360)
        st.button(_("Stop"), icon=":material/stop:", key=f"{PLAYER}.stop", on_click=_stop, args=(playback,))


def _submit(names: tuple[str, ...]) -> Job:
    job = runners.trainings().submit(runners.owner(), time_backbones, names)
    return observe(OBSERVED, ObservedMeasurement(names, job))


def _stop(playback: Player) -> None:
    if playback.job is not None:
        playback.job.cancel()
