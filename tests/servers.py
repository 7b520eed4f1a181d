"""Real servers as processes of their own: started on a free port, waited for, and ended with the block."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTING_SECONDS = 60.0
ENDING_SECONDS = 10.0
LAST_WORDS = 4000  # characters of what a server has written, where it fails


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process, and the file that its output goes to."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        return self.process.pid

    @property
    def peak_bytes(self) -> int:
        """Return the most memory that the process had resident so far, as Linux counts it."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextmanager
def run_server(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str],
    options: Sequence[str] = (),
    port_option: str = "--server.port",
) -> Iterator[Server]:
    """Run a program, the words of `command`, in `folder` until the block ends.

    The port and `options` follow the command. Raises `RuntimeError`, with what the server wrote last, where it
    does not come up, or has ended when the block fails.
    """
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, f"{port_option}={port}", *options],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_healthy(server)
        yield server
    except Exception as error:
        if process.poll() is None:
            raise
        raise RuntimeError(f"the server ended with {process.returncode}: {server.said[-LAST_WORDS:]}") from error
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, by force where it does not by itself."""
    process.terminate()
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the server did not come up: {server.said[-LAST_WORDS:]}")
