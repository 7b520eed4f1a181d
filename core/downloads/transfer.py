"""Downloads one file over HTTP into its partial file: progress, retries, resumption."""

from __future__ import annotations

import errno
import shutil
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core import limits
from core.downloads import errors as faults
from core.downloads.connection import Connection, Response, ServerUnreachableError, Timeouts, TransferInterruptedError
from core.downloads.errors import DownloadError, weights_problem
from core.downloads.partial_file import Partial, content_range
from core.downloads.remote_file import RemoteFile
from core.events import Event

Phase = Literal["connecting", "downloading", "waiting", "checking", "unpacking", "ready"]
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
RATE_SECONDS = 5.0  # the time left is estimated from the last so many seconds


@dataclass(frozen=True, kw_only=True)
class DownloadEvent(Event):
    """Where a download stands: `step` of `total_steps` bytes; `path` comes with the phase "ready"."""

    phase: Phase
    seconds_left: float | None = None
    path: Path | None = None


class RetryPolicy:
    """Counts tries and silence since a download last got somewhere, so that none goes on for ever."""

    def __init__(self, timeouts: Timeouts, size: int = 0) -> None:
        self._timeouts = timeouts
        self._best = size
        self._tries = 0
        self._arrived = 0
        self._waited = 0.0
        self.had_contact = False

    def note(self, waited: float, arrived: int) -> bool:
        """Return whether to go on after `waited` more seconds on the network that brought `arrived` bytes.

        Only time spent waiting counts, so that a download that is paused by its consumer is not taken for stalled.
        """
        self._waited += waited
        self._arrived += arrived
        if self._arrived >= limits.WEIGHTS_STALL_BYTES:
            self._waited, self._arrived = 0.0, 0
        return self._waited <= self._timeouts.stall

    def after(self, dropped: TransferInterruptedError, size: int) -> float:
        """Return the seconds to pause before the next try; raises the problem of `dropped` when there is none.

        `size` is what is kept so far: a server that always cuts at the same byte gets nowhere, however much it sends.
        """
        if size >= self._best + limits.WEIGHTS_STALL_BYTES:
            self._best, self._tries = size, 0
        self._tries += 1
        if self._tries >= self._timeouts.tries or (
            isinstance(dropped, ServerUnreachableError) and not self.had_contact
        ):
            raise dropped.problem from dropped
        return self._timeouts.pause * 2.0 ** (self._tries - 1)


class Transfer:
    """Fetches the bytes of `file` into `partial`, going on from what that already holds."""

    def __init__(self, file: RemoteFile, partial: Partial, timeouts: Timeouts) -> None:
        self._file = file
        self._partial = partial
        self._timeouts = timeouts
        self._patience = RetryPolicy(timeouts, partial.size)
        self._most = max(limits.WEIGHTS_BYTES, 2 * (file.size or 0))  # of a large data set, what is published counts

    def run(self) -> Iterator[DownloadEvent]:
        """Yield progress until all bytes are there; closing the iterator stops at once and keeps them.

        Raises `DownloadError`.
        """
        while not self._partial.is_complete:
            yield self._event("connecting")
            try:
                yield from self._try()
                return
            except TransferInterruptedError as dropped:
                pause = self._patience.after(dropped, self._partial.size)
            yield from self._pause(pause)

    def _try(self) -> Iterator[DownloadEvent]:
        connection = Connection(self._file, self._partial.request_headers(), self._timeouts)
        connection.start()
        try:
            answer = yield from self._await_answer(connection)
            self._patience.had_contact = True
            if self._accepts(answer):
                yield from self._keep(connection, answer)
        except OSError as error:
            raise self._disk_problem(error) from error
        finally:
            connection.abandon()

    def _await_answer(self, connection: Connection) -> Generator[DownloadEvent, None, Response]:
        while not isinstance(item := self._receive(connection, self._file.host), Response):
            yield self._event("connecting")
        return item

    def _receive(self, connection: Connection, host: str) -> Response | bytes | None:
        asked = time.monotonic()
        item = connection.receive()
        arrived = len(item) if isinstance(item, bytes) else 0
        if not self._patience.note(time.monotonic() - asked, arrived):
            raise weights_problem(faults.STALLED, self._file, host=host)
        return item

    def _accepts(self, answer: Response) -> bool:
        """Return whether there is a body to keep; raises what any other answer means."""
        total = content_range(answer.headers)[1]
        if answer.status == 206 and self._partial.continues(answer.headers):
            self._check_room(total, answer.host)
            return True
        if answer.status == 416 and total is not None and total == self._partial.size:
            self._partial.note(answer.headers, total)
            return False  # all of it was there already
        if answer.status in (206, 416):  # another version, or another part than was asked for
            self._partial.discard()
            raise TransferInterruptedError(weights_problem(faults.CUT, self._file, host=answer.host))
        if answer.status == 200:  # the whole file, because it is new, has changed, or the server knows no ranges
            length = answer.headers.get("content-length", "")
            total = int(length) if length.isdecimal() else None
            self._partial.discard()
            self._check_room(total, answer.host)
            self._partial.note(answer.headers, total)
            return True
        raise self._status_problem(answer)

    def _status_problem(self, answer: Response) -> Exception:
        values = {"host": answer.host, "status": answer.status}
        if answer.status in (408, 429) or answer.status >= 500:
            return TransferInterruptedError(weights_problem(faults.SERVER, self._file, **values))
        fault = faults.NOT_FOUND if answer.status in (404, 410) else faults.REFUSED
        return weights_problem(fault, self._file, **values)

    def _check_room(self, total: int | None, host: str) -> None:
        most = self._most
        if (total or 0) > most:
            mebibytes = (total or 0) / limits.MEBIBYTE
            raise weights_problem(
                faults.TOO_LARGE, self._file, host=host, mebibytes=mebibytes, most=most / limits.MEBIBYTE
            )
        needed = 2 * max(0, (total or self._file.size or 0) - self._partial.size)
        folder = self._partial.path.parent
        if shutil.disk_usage(folder).free < needed:
            raise weights_problem(faults.NO_ROOM, self._file, mebibytes=needed / limits.MEBIBYTE, folder=str(folder))

    def _keep(self, connection: Connection, answer: Response) -> Iterator[DownloadEvent]:
        """Append the body to the partial file, reporting each tick."""
        size, total = self._partial.size, self._partial.total
        speed, reported = _Speed(size), -self._timeouts.tick
        with self._partial.path.open("ab") as sink:
            while (chunk := self._receive(connection, answer.host)) != b"":
                if isinstance(chunk, bytes):
                    sink.write(chunk)
                    size += len(chunk)
                if size > (total or self._most):
                    self._check_room(size, answer.host)
                    raise weights_problem(faults.CUT, self._file, host=answer.host)
                if time.monotonic() - reported >= self._timeouts.tick:
                    reported = time.monotonic()
                    sink.flush()  # whoever waits for this file reads the progress from the size of the partial one
                    expected = total or self._file.size
                    yield self._event("downloading", size, expected, speed.seconds_left(size, expected))
        if total is not None and size < total:
            raise TransferInterruptedError(weights_problem(faults.CUT, self._file, host=answer.host))

    def _pause(self, seconds: float) -> Iterator[DownloadEvent]:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            yield self._event("connecting")
            time.sleep(min(left, self._timeouts.tick))

    def _event(
        self, phase: Phase, size: int | None = None, total: int | None = None, seconds_left: float | None = None
    ) -> DownloadEvent:
        size = self._partial.size if size is None else size
        total = total or self._partial.total or self._file.size
        return DownloadEvent(phase=phase, step=size, total_steps=total, seconds_left=seconds_left)

    def _disk_problem(self, error: OSError) -> DownloadError:
        folder = str(self._partial.path.parent)
        if error.errno not in NO_SPACE:
            return weights_problem(faults.NOT_WRITABLE, self._file, folder=folder, why=error.strerror or str(error))
        with suppress(OSError):
            self._partial.discard()
        return weights_problem(faults.DISK_FULL, self._file, folder=folder)


class _Speed:
    """Estimates the time left from the bytes of the last few seconds."""

    def __init__(self, size: int) -> None:
        self._samples = deque([(time.monotonic(), size)])

    def seconds_left(self, size: int, total: int | None) -> float | None:
        now = time.monotonic()
        self._samples.append((now, size))
        while now - self._samples[0][0] > RATE_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        if total is None or size <= before or now <= then:
            return None
        return max(0.0, (total - size) * (now - then) / (size - before))
