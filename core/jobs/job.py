"""A job as its owner sees it: state, events, controls."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from typing import Literal, Protocol

from core import limits
from core.errors import UserError
from core.events import Event
from core.jobs.worker import GO, PAUSE, STEP, Order

State = Literal["waiting", "running", "paused", "done", "failed", "cancelled"]


class Controller(Protocol):
    """What runs a job, as the job needs it; see `core.jobs.runner` for the one that is here."""

    def position_of(self, job: Job) -> int | None:
        """Return its place in the queue, 1 being the next; None when it is not waiting."""

    def cancel(self, job: Job) -> None:
        """End it, whatever it is doing."""

    def pause(self, job: Job) -> None:
        """Let it stop at its next event."""

    def resume(self, job: Job) -> None:
        """Let a paused one go on."""

    def step(self, job: Job) -> None:
        """Let a paused one go on to its next event."""


class Job:
    """A piece of long work, waiting, running, paused or ended; may be used from any thread.

    Whoever shows it calls `heartbeat` each time. What comes after `is_abandoned` is for its runner.
    """

    def __init__(self, controller: Controller, owner: str, order: Order, deadline_seconds: float) -> None:
        self.id = secrets.token_urlsafe(12)
        self.owner = owner
        self.order = order
        self.deadline_seconds = deadline_seconds
        self._controller = controller
        self._lock = threading.Lock()
        self._state: State = "waiting"
        self._problem: UserError | None = None
        self._events: deque[Event] = deque(maxlen=limits.JOB_EVENTS)
        self._count = 0
        self._seen = time.monotonic()
        self._ended = threading.Event()
        self._commands: deque[bytes] = deque()
        self._paused_at: float | None = None
        self._paused_seconds = 0.0

    @property
    def state(self) -> State:
        """Return where the job stands; "done", "failed" and "cancelled" are final."""
        return self._state

    @property
    def has_ended(self) -> bool:
        """Return whether nothing more will come."""
        return self._ended.is_set()

    @property
    def position(self) -> int | None:
        """Return its place in the queue for a start or for going on, 1 being the next; None when it is not waiting."""
        return self._controller.position_of(self)

    @property
    def events(self) -> tuple[Event, ...]:
        """Return the events so far, the oldest first; only the last `limits.JOB_EVENTS` are kept."""
        return self.events_since(0)[0]

    @property
    def latest(self) -> Event | None:
        """Return the last event, or None before the first."""
        with self._lock:
            return self._events[-1] if self._events else None

    @property
    def problem(self) -> UserError | None:
        """Return what went wrong, to be shown to the person, once the state is "failed"."""
        return self._problem

    def events_since(self, count: int) -> tuple[tuple[Event, ...], int]:
        """Return the kept events after the first `count`, and how many there have been: what to ask with next."""
        with self._lock:
            new = min(self._count - count, len(self._events))
            return tuple(self._events)[len(self._events) - new :] if new > 0 else (), self._count

    def heartbeat(self) -> None:
        """Note that somebody still wants the result."""
        self._seen = time.monotonic()

    def cancel(self) -> None:
        """End the job; the state says so at once, and its process has ended within a second."""
        self._controller.cancel(self)

    def pause(self) -> None:
        """Let a running job rest after the event it is at; others may run meanwhile."""
        self._controller.pause(self)

    def resume(self) -> None:
        """Let a paused job go on, as soon as there is room for it."""
        self._controller.resume(self)

    def step(self) -> None:
        """Let a paused job go on to its next event only."""
        self._controller.step(self)

    def wait(self, seconds: float | None = None) -> bool:
        """Return whether the job has ended, waiting for that at most so long; for tests and notebooks."""
        return self._ended.wait(seconds)

    def is_abandoned(self, lease_seconds: float) -> bool:
        """Return whether nobody has asked about the job for that long."""
        return time.monotonic() - self._seen > lease_seconds

    def start(self) -> None:
        """Note that a worker takes it up."""
        self._set_state("running")

    @property
    def paused_at(self) -> float | None:
        """Return since when it is paused, by the monotonic clock; None while it is not."""
        return self._paused_at

    @property
    def paused_seconds(self) -> float:
        """Return for how long it has been paused in all."""
        return self._paused_seconds + (time.monotonic() - self._paused_at if self._paused_at is not None else 0.0)

    def hold(self) -> None:
        """Note that it is paused, and tell its worker."""
        self._paused_at = time.monotonic()
        self._set_state("paused")
        self._commands.append(PAUSE)

    def queue(self) -> None:
        """Note that it waits for room to go on."""
        self._set_state("waiting")

    def go(self) -> None:
        """Note that it goes on, and tell its worker."""
        self._paused_seconds, self._paused_at = self.paused_seconds, None
        self._set_state("running")
        self._commands.append(GO)

    def allow_one(self) -> None:
        """Tell the worker of a paused job to go on to its next event."""
        self._commands.append(STEP)

    def take_commands(self) -> bytes:
        """Return what its worker is to be told, once."""
        commands = b""
        while self._commands:
            commands += self._commands.popleft()
        return commands

    def _set_state(self, state: State) -> None:
        with self._lock:
            if not self._ended.is_set():
                self._state = state

    def add(self, event: Event) -> None:
        """Keep an event, unless the job has ended."""
        with self._lock:
            if not self._ended.is_set():
                self._events.append(event)
                self._count += 1

    def end(self, state: State, problem: UserError | None = None) -> None:
        """Set the final state, unless there is one already."""
        with self._lock:
            if not self._ended.is_set():
                self._state, self._problem = state, problem
                self.order = self.order._replace(config=b"")  # it may hold many pictures, and nobody needs it any more
                self._ended.set()
