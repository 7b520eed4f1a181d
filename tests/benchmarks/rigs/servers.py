"""Servers to measure: ConvScope as `make run` starts it, and an empty Streamlit app with default settings."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.paths import ROOT

EMPTY_APP = Path(__file__).with_name("empty_app.py")
START_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process, and the file that its output goes to."""

    address: str
    pid: int
    output: Path

    @property
    def peak_bytes(self) -> int:
        """Return the most memory that the process had resident so far, as Linux counts it."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextmanager
def convscope(environment: Mapping[str, str] | None = None, program: Sequence[str] = ()) -> Iterator[Server]:
    """Run ConvScope on a free port until the block ends; `program` takes the place of `-m streamlit`."""
    with tempfile.TemporaryDirectory(prefix="convscope-bench-") as folder:
        command = (*(program or ("-m", "streamlit")), "run", "app.py")
        with _serve(command, ROOT, Path(folder), environment or {}) as server:
            yield server


@contextmanager
def empty_app() -> Iterator[Server]:
    """Run the empty app on a free port, in a folder and a home of its own, so that no settings apply to it."""
    with tempfile.TemporaryDirectory(prefix="convscope-bench-") as folder:
        shutil.copy(EMPTY_APP, Path(folder) / "app.py")
        command = ("-m", "streamlit", "run", "app.py", "--server.headless", "true")  # else it opens a browser itself
        with _serve(command, Path(folder), Path(folder), {"HOME": folder}) as server:
            yield server


@contextmanager
def _serve(command: Sequence[str], folder: Path, home: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    port = _free_port()
    output = home / "output.txt"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *command, "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=folder,
            env={**inherited, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", process.pid, output)
        _wait_until_healthy(server, process)
        yield server
    except Exception as error:
        if process.poll() is None:
            raise
        raise RuntimeError(f"the server ended, with {process.returncode}: {_last_words(output)}") from error
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the server is not healthy: {_last_words(server.output)}")


def _last_words(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
