"""The job runner: event generators in worker processes, a fair queue, cancellation, deadlines, leases.

An owner (a browser session) has at most one job running and one waiting. A further one takes the waiting one's place in
the queue, so that many clicks neither pile up nor lose one's turn. A job that no page asks about for the length of a
lease is cancelled, a waiting one too. A paused job keeps its process but takes no slot; to go on it waits for one.

Another back end, such as a Ray cluster with streaming generators, needs the same few functions: `submit`, and of a job
`state`, `events_since`, `heartbeat`, `cancel`, `pause`, `resume` and `step`. To pause is not to ask for the next event.
"""

from __future__ import annotations

import atexit
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from core import limits
from core.events import Event
from core.jobs import errors as problems
from core.jobs.job import Job
from core.jobs.process import WorkerProcess
from core.jobs.worker import Message, Order, find

Config = TypeVar("Config")

TICK_SECONDS = 0.1


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
        self._running: dict[Job, threading.Thread] = {}  # the paused ones too
        self._resuming: list[Job] = []
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
        work, `memory_bytes` bounds its own data (`limits.JOB_MEMORY_BYTES` by default). Raises `UserError` when too
        many jobs wait, `ValueError` for work that a worker could not find.
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

    def pause(self, job: Job) -> None:
        """Let a running job rest; when many rest, the one that has rested longest is ended."""
        with self._lock:
            if job in self._running and job.state == "running":
                job.hold()
                resting = sorted((job for job in self._running if job.paused_at), key=lambda job: job.paused_at or 0.0)
                for rested in resting[: -limits.JOBS_PAUSED]:
                    rested.end("failed", problems.paused_too_long())
                self._advance()

    def resume(self, job: Job) -> None:
        """Let a paused job go on; it waits for a slot before those that have not begun."""
        with self._lock:
            if job.state == "paused":
                job.queue()
                self._resuming.append(job)
                self._advance()

    def step(self, job: Job) -> None:
        """Let a paused job go on to its next event."""
        with self._lock:
            if job.state == "paused":
                job.allow_one()

    def position_of(self, job: Job) -> int | None:
        """Return the place of a job in the queue, 1 being the next; None when it is not waiting."""
        with self._lock:
            queue = [*self._resuming, *self._waiting]
            return queue.index(job) + 1 if job in queue else None

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
        self._resuming = [job for job in self._resuming if not job.has_ended]

    @property
    def _has_room(self) -> bool:
        """Return whether a slot is free; paused jobs take none, ended ones do until their process is buried."""
        return not self._closed and sum(job.paused_at is None for job in self._running) < self._slots

    def _advance(self) -> None:
        """Start what waits as long as there are slots, one job of an owner at a time; what was paused goes first."""
        self._drop_ended()
        while self._resuming and self._has_room:
            self._resuming.pop(0).go()
        for job in tuple(self._waiting):
            owners = {running.owner for running in self._running}
            if not self._has_room:
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
                worker.tell(job.take_commands())
                for message in worker.exchange(TICK_SECONDS):
                    _take(job, message)
                if time.monotonic() > deadline + job.paused_seconds:
                    job.end("failed", problems.too_long(job.deadline_seconds))
                if job.paused_at and time.monotonic() > job.paused_at + limits.JOB_PAUSE_SECONDS:
                    job.end("failed", problems.paused_too_long())
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
