"""Servers to measure: ConvScope as `make run` starts it, and an empty Streamlit app with default settings."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.paths import ROOT
from tests.servers import Server, run_server

EMPTY_APP = Path(__file__).with_name("empty_app.py")


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
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    whole = {**inherited, "PYTHONPATH": str(ROOT), **environment}
    options = ("--server.address", "127.0.0.1")
    with run_server(
        (sys.executable, *command), folder=folder, log=home / "output.txt", environment=whole, options=options
    ) as running:
        yield running
