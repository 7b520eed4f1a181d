"""Incremental work in the page: done in slices, can be stopped, and is cached when complete."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components.caches import visualization
from pages.components.i18n import _

LONG_SECONDS = 4.0  # what takes longer goes on only when it is asked for


@dataclass
class Work:
    """One visitor's unfinished computation, which rests between two runs of the page and holds nothing then.

    `start` begins its stream, and begins it anew where that has failed.
    """

    key: Hashable
    start: Callable[[], Iterator[Any]]
    stream: Iterator[Any] | None = None  # where it rests, None before the first step and while a step is taken
    latest: Any = None
    seconds: float = 0.0
    first_fraction: float = 0.0
    is_wanted: bool = False

    @property
    def fraction(self) -> float:
        """Return the share that is done."""
        return (self.latest.fraction or 0.0) if self.latest is not None else 0.0

    @property
    def seconds_left(self) -> float:
        """Return an estimate from what has been done since the first step, which may have had to prepare something."""
        done = self.fraction - self.first_fraction
        return self.seconds * (1 - self.fraction) / done if done > 0 else 0.0

    @property
    def is_complete(self) -> bool:
        """Return whether there is nothing more to do."""
        return self.latest is not None and self.latest.is_complete

    @property
    def should_go_on(self) -> bool:
        """Return whether there is more to do, and that is short, or asked for."""
        if self.is_complete:
            return False
        return self.latest is None or self.is_wanted or self.seconds + self.seconds_left < LONG_SECONDS

    def advance(self) -> None:
        """Do the next step."""
        begun, is_first = time.monotonic(), self.latest is None
        stream, self.stream = self.stream or self.start(), None
        self.latest = next(stream)
        self.stream = stream
        if is_first:
            self.first_fraction = self.fraction
        else:
            self.seconds += time.monotonic() - begun

    def advance_for(self, seconds: float) -> None:
        """Go on for about so long."""
        end = time.monotonic() + seconds
        while self.should_go_on and time.monotonic() < end:
            self.advance()


def result_of(
    name: str, key: Hashable, start: Callable[[], Iterator[Any]], text: str, draw: Callable[[Any], None] | None = None
) -> Any:
    """Return the last event of a stream, as far as it is computed when as much has been computed as is wanted.

    The stream begins with `start` and rests in the session state under `name`. Its progress, and a button to stop it
    or to let it go on, is drawn here under `text`. `draw` shows what is known so far. A click elsewhere interrupts; the
    next run of the page goes on there.
    """
    if visualization.evidence.holds(key):
        return visualization.evidence(key, lambda: _last(start()))
    work = work_of(name, key, start)
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center", gap="medium"):
        bar, action = st.empty(), st.empty()
    if work.is_wanted:
        _button(action, name, "stop", _("Stop"), wanted=False)
    try:
        _go_on(work, bar, text, draw)
    except BaseException:
        if work.stream is None:
            st.session_state.pop(name, None)  # it has failed, and cannot go on
        raise
    if not work.is_complete:
        bar.progress(work.fraction, _("{text} · {share:.0%} done", text=text, share=work.fraction))
        _button(action, name, "play_arrow", _("Go on: about {seconds:.0f} s", seconds=work.seconds_left), wanted=True)
        return work.latest
    place.empty()
    st.session_state.pop(name, None)
    return visualization.evidence(key, lambda: work.latest)


def _go_on(work: Work, bar: Any, text: str, draw: Callable[[Any], None] | None) -> None:
    while work.should_go_on:
        bar.progress(work.fraction, _progress_text(work, text))
        work.advance()
        if draw is not None:
            draw(work.latest)


def _progress_text(work: Work, text: str) -> str:
    if work.seconds_left < 1:
        return text
    return _("{text} · {seconds:.0f} s left", text=text, seconds=work.seconds_left)


def work_of(name: str, key: Hashable, start: Callable[[], Iterator[Any]]) -> Work:
    """Return the unfinished work under a name in the session state; for another `key` it begins with `start`."""
    work: Work | None = st.session_state.get(name)
    if work is None or work.key != key:
        work = st.session_state[name] = Work(key, start)
    work.is_wanted = st.session_state.pop(_wish(name), work.is_wanted)
    return work


def _button(place: Any, name: str, icon: str, label: str, *, wanted: bool) -> None:
    place.button(
        label,
        icon=f":material/{icon}:",
        key=f"{name}.{icon}",
        on_click=_want,
        args=(name, wanted),
        type="primary",
    )


def want(*names: str) -> None:
    """Ask for what comes next under these names, however long it takes; a callback for what a person changes."""
    for name in names:
        _want(name, True)


def _want(name: str, wanted: bool) -> None:
    st.session_state[_wish(name)] = wanted


def _wish(name: str) -> str:
    return f"{name}.wish"


def _last(stream: Iterator[Any]) -> Any:
    for event in stream:
        last = event
    return last
