"""What the jobs of the tests do in their workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.events import Event


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    """An event with something to tell."""

    text: str = ""
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How many steps, and how long each takes."""

    steps: int = 3
    seconds: float = 0.0


def count(pace: Pace) -> Iterator[Note]:
    for step in range(pace.steps):
        time.sleep(pace.seconds)
        yield Note(step=step + 1, total_steps=pace.steps, number=os.getpid())


def stay(folder: Path) -> Iterator[Note]:
    try:
        yield Note(step=1, number=os.getpid())
        time.sleep(600)
    finally:
        (folder / "cleaned up").touch()


def ignore_being_asked(_: None) -> Iterator[Note]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield Note(step=1, number=os.getpid())
    time.sleep(600)


def have_a_child(ends: bool) -> Iterator[Note]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield Note(step=1, number=child.pid)
    if not ends:
        time.sleep(600)


def fork_and_die(_: None) -> Iterator[Note]:
    child = os.fork()  # it keeps the pipe to the server open
    if child == 0:
        time.sleep(600)
    yield Note(step=1, number=child)
    os.kill(os.getpid(), signal.SIGKILL)


def take_memory(mebibytes: int) -> Iterator[Note]:
    yield Note(step=1)
    yield Note(step=2, number=len(bytearray(mebibytes << 20)))


def take_memory_with_torch(mebibytes: int) -> Iterator[Note]:
    import torch

    yield Note(step=1)
    yield Note(step=2, number=torch.ones(mebibytes << 20, dtype=torch.uint8).numel())


def exit_abruptly(status: int) -> Iterator[Note]:
    yield Note(step=1)
    os._exit(status)


def be_killed(_: None) -> Iterator[Note]:
    yield Note(step=1)
    os.kill(os.getpid(), signal.SIGKILL)


def meet_a_problem(limit: int) -> Iterator[Note]:
    yield Note(step=1)
    raise UserError("More than {limit}.", "Take less.", limit=limit)


def meet_a_bug(secret: str) -> Iterator[Note]:
    yield Note(step=1)
    raise KeyError(secret)


def chatter(_: None) -> Iterator[Note]:
    print("a stray print")
    os.write(1, b"\x00\x00\x00\x05stray bytes")
    yield Note(step=1, text=sys.stdin.read())
    sys.stdout.write("not even flushed")


def tell_about_itself(_: None) -> Iterator[Note]:
    score = Path("/proc/self/oom_score_adj").read_text()
    text = f"{score.strip()} {os.nice(0)} {os.environ['OMP_NUM_THREADS']} {'streamlit' in sys.modules}"
    group = Path("/proc/self/autogroup")  # "/autogroup-743 nice 10", where Linux has such groups
    yield Note(step=1, text=text, number=int(group.read_text().split()[-1]) if group.exists() else -1)


def send_too_much(size: int) -> Iterator[Note]:
    yield Note(step=1, text="x" * size)


def measure(config: bytes) -> Iterator[Note]:
    yield Note(step=1, number=len(config))
