"""A worker process as the server sees it: started, read, ended with all its children."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress

from core import limits
from core.jobs.worker import Message, Order, Unpacker, pack
from core.paths import ROOT

READ_AT_ONCE = 1 << 20


class WorkerProcess:
    """One run of `core.jobs.worker` for one order; used by one thread. Raises `OSError` if it cannot be started."""

    def __init__(self, order: Order) -> None:
        paths = [str(ROOT), *(path for path in sys.path if path)]
        threads = {
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }  # a worker takes one core, whatever its library likes
        # A process group of its own, so that all that the work starts can be ended too; not -m from the current folder,
        # which may hold another `core`.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.jobs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **threads},
        )
        self._pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe is not None]
        self._in, self._out = (pipe.fileno() for pipe in self._pipes)
        self._unsent = memoryview(pack(tuple(order)))
        self._unpacker = Unpacker()
        self._selector = selectors.DefaultSelector()
        for pipe, direction in ((self._in, selectors.EVENT_WRITE), (self._out, selectors.EVENT_READ)):
            os.set_blocking(pipe, False)
            self._selector.register(pipe, direction)
        self.is_gone = False

    def exchange(self, seconds: float) -> list[Message]:
        """Return the messages that have come, waiting at most so long; sends what is left of the order meanwhile.

        `is_gone` is true once there will be no more. Raises `ValueError` on a message that is none.
        """
        has_exited = self._has_exited()  # asked first: all it has sent is then in the pipe
        messages: list[Message] = []
        received = None
        for key, _ in self._selector.select(0 if has_exited else seconds):
            if key.fd == self._in:
                self._send()
            else:
                received = self._receive()
                messages.extend(self._unpacker.feed(received or b""))
        # A process that the work has started may hold the pipe open when the worker itself is gone.
        self.is_gone = received == b"" or (has_exited and received is None)
        return messages

    def tell(self, commands: bytes) -> None:
        """Send commands of `core.jobs.worker` after the order."""
        if commands and not self.is_gone:
            if not self._unsent:
                self._selector.register(self._in, selectors.EVENT_WRITE)
            self._unsent = memoryview(bytes(self._unsent) + commands)

    def stop(self) -> int:
        """Return the exit status, once the worker and all it started have ended: asked to, then killed."""
        if not (self.is_gone and self._exits_within(limits.JOB_GRACE_SECONDS)):
            self._signal(signal.SIGTERM)
            self._exits_within(limits.JOB_GRACE_SECONDS)
        self._signal(signal.SIGKILL)
        status = self._process.wait()
        self._selector.close()
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        return status

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent[:READ_AT_ONCE]) :]
        except BlockingIOError:
            return
        except OSError:
            self._unsent = memoryview(b"")  # it died; reading will tell
        if not self._unsent:
            self._selector.unregister(self._in)  # and stays open: its end would tell the worker that we are gone

    def _receive(self) -> bytes | None:
        try:
            return os.read(self._out, READ_AT_ONCE)
        except BlockingIOError:
            return None

    def _has_exited(self) -> bool:
        """Return whether the worker has ended, without burying it: its number then still belongs to its group."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _exits_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._has_exited():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
