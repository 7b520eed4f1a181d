"""Runs event generators in worker processes: a fair queue, cancelling, deadlines, and an end with the page's tab.

An owner (a browser session) has at most one job running and one waiting. A further one takes the waiting one's place in
the queue, so that many clicks neither pile up nor lose one's turn. A job that no page asks about for the length of a
lease is cancelled, a waiting one too.
"""

from __future__ import annotations

import atexit
import pickle
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from core import jobs_problems as problems
from core import limits
from core.events import Event
from core.jobs_process import WorkerProcess
from core.jobs_worker import Message, Order, find
from core.problems import Problem

Config = TypeVar("Config")
State = Literal["waiting", "running", "done", "failed", "cancelled"]

TICK_SECONDS = 0.1


class Job:
    """A piece of long work, waiting, running or ended; may be used from any thread.

    Whoever shows it calls `heartbeat` each time. `start`, `add` and `end` are for its runner.
    """

    def __init__(self, runner: JobRunner, owner: str, order: Order, deadline_seconds: float) -> None:
        self.id = secrets.token_urlsafe(12)
        self.owner = owner
        self.order = order
        self.deadline_seconds = deadline_seconds
        self._runner = runner
        self._lock = threading.Lock()
        self._state: State = "waiting"
        self._problem: Problem | None = None
        self._events: deque[Event] = deque(maxlen=limits.JOB_EVENTS)
        self._count = 0
        self._seen = time.monotonic()
        self._ended = threading.Event()

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
        """Return its place in the queue, 1 being the next; None when it is not waiting."""
        return self._runner.position_of(self)

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
    def problem(self) -> Problem | None:
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
        self._runner.cancel(self)

    def wait(self, seconds: float | None = None) -> bool:
        """Return whether the job has ended, waiting for that at most so long; for tests and notebooks."""
        return self._ended.wait(seconds)

    def is_abandoned(self, lease_seconds: float) -> bool:
        """Return whether nobody has asked about the job for that long."""
        return time.monotonic() - self._seen > lease_seconds

    def start(self) -> None:
        """Note that a worker takes it up."""
        self._state = "running"

    def add(self, event: Event) -> None:
        """Keep an event, unless the job has ended."""
        with self._lock:
            if not self._ended.is_set():
                self._events.append(event)
                self._count += 1

    def end(self, state: State, problem: Problem | None = None) -> None:
        """Set the final state, unless there is one already."""
        with self._lock:
            if not self._ended.is_set():
                self._state, self._problem = state, problem
                self._ended.set()


class JobRunner:
    """Runs jobs in `slots` worker processes at once; the rest waits in the order of its coming.

    Make one for the whole server. `packages` are the top-level packages whose functions may run in a worker.
    """

    def __init__(
        self,
        *,
        slots: int = limits.JOB_SLOTS,
        lease_seconds: float = limits.JOB_LEASE_SECONDS,
        packages: tuple[str, ...] = ("core",),
    ) -> None:
        self._slots = slots
        self._lease_seconds = lease_seconds
        self._packages = packages
        self._lock = threading.RLock()
        self._waiting: list[Job] = []
        self._running: dict[Job, threading.Thread] = {}
        self._closed = False
        atexit.register(self.close)

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Return the jobs that wait, the next one first."""
        with self._lock:
            return tuple(self._waiting)

    @property
    def running(self) -> tuple[Job, ...]:
        """Return the jobs that hold a slot: those whose process has not been buried yet."""
        with self._lock:
            return tuple(self._running)

    def submit(
        self,
        owner: str,
        work: Callable[[Config], Iterator[Event]],
        config: Config,
        *,
        deadline_seconds: float = limits.JOB_DEADLINE_SECONDS,
        memory_bytes: int | None = None,
    ) -> Job:
        """Return a new job that runs `work(config)`; a job of this owner that still waits is replaced and cancelled.

        `work` is a module-level generator function; `config` pickles. `deadline_seconds` counts from the start of the
        work, `memory_bytes` bounds its own data (`limits.JOB_MEMORY_BYTES` by default). Raises `Problem` when too many
        jobs wait, `ValueError` for work that a worker could not find.
        """
        order = Order(*self._reference(work), pickle.dumps(config), memory_bytes or limits.JOB_MEMORY_BYTES)
        job = Job(self, owner, order, deadline_seconds)
        with self._lock:
            if self._closed:
                raise RuntimeError("the job runner is closed")
            self._enqueue(job)
            self._advance()
        return job

    def cancel(self, job: Job) -> None:
        """End a job of this runner, in whatever state it is."""
        with self._lock:
            job.end("cancelled")  # a running one's thread sees that within a tick and ends the process
            self._advance()

    def cancel_owner(self, owner: str) -> None:
        """End all jobs of an owner, whose tab has closed."""
        with self._lock:
            for job in (*self._waiting, *self._running):
                if job.owner == owner:
                    self.cancel(job)

    def position_of(self, job: Job) -> int | None:
        """Return the place of a job in the queue, 1 being the next; None when it is not waiting."""
        with self._lock:
            return self._waiting.index(job) + 1 if job in self._waiting else None

    def close(self) -> None:
        """End all jobs and their processes; nothing can be submitted any more."""
        with self._lock:
            self._closed = True
            threads = list(self._running.values())
            for job in (*self._waiting, *self._running):
                self.cancel(job)
        for thread in threads:
            thread.join(timeout=5)
        atexit.unregister(self.close)

    def _reference(self, work: Callable[[Config], Iterator[Event]]) -> tuple[str, str]:
        module, qualname = work.__module__, work.__qualname__
        if module.partition(".")[0] not in self._packages:
            raise ValueError(f"{module}.{qualname} is not in {self._packages}")
        try:
            found = find(module, qualname)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"{module}.{qualname} is not a module-level function") from error
        if found is not work:
            raise ValueError(f"{module}.{qualname} is another function by now")
        return module, qualname

    def _enqueue(self, job: Job) -> None:
        self._drop_ended()
        for place, other in enumerate(self._waiting):
            if other.owner == job.owner:
                other.end("cancelled")
                self._waiting[place] = job
                return
        if len(self._waiting) >= limits.JOBS_WAITING:
            raise problems.too_many_waiting(len(self._waiting))
        self._waiting.append(job)

    def _drop_ended(self) -> None:
        """Take out of the queue what was cancelled, or that nobody waits for any more."""
        for job in self._waiting:
            if job.is_abandoned(self._lease_seconds):
                job.end("cancelled")
        self._waiting = [job for job in self._waiting if not job.has_ended]

    def _advance(self) -> None:
        """Start what waits as long as there are slots, one job of an owner at a time."""
        self._drop_ended()
        for job in tuple(self._waiting):
            owners = {running.owner for running in self._running}
            if self._closed or len(self._running) >= self._slots:
                return
            if job.owner not in owners:
                self._waiting.remove(job)
                thread = threading.Thread(target=self._run, args=(job,), daemon=True, name=f"job {job.id}")
                self._running[job] = thread
                job.start()
                thread.start()

    def _run(self, job: Job) -> None:
        """Bring a job to its end, in a thread of its own."""
        try:
            self._follow(job)
        except Exception as error:
            job.end("failed", problems.unexpected(job.id, job.order, repr(error)))
        finally:
            with self._lock:
                del self._running[job]
                self._advance()

    def _follow(self, job: Job) -> None:
        worker = WorkerProcess(job.order)
        deadline = time.monotonic() + job.deadline_seconds
        try:
            while not (job.has_ended or worker.is_gone):
                for message in worker.exchange(TICK_SECONDS):
                    _take(job, message)
                if time.monotonic() > deadline:
                    job.end("failed", problems.too_long(job.deadline_seconds))
                if job.is_abandoned(self._lease_seconds):
                    job.end("cancelled")
                with self._lock:
                    self._advance()  # among others, drops waiting jobs that nobody asks about any more
        finally:
            status = worker.stop()
        if not job.has_ended:
            job.end("failed", problems.died(job.id, job.order, status))


def _take(job: Job, message: Message) -> None:
    kind, content = message
    if kind == "event":
        job.add(content)
    elif kind == "done":
        job.end("done")
    elif kind == "problem":
        job.end("failed", content)
    elif kind == "memory":
        job.end("failed", problems.too_much_memory(job.id, job.order, content))
    else:
        job.end("failed", problems.unexpected(job.id, job.order, content))
