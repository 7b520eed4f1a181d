"""The worker process: runs one event generator and sends its events over a pipe.

`core.jobs.process` starts it as `python -m core.jobs.worker`. Standard input brings the order, then commands of one
byte each, and stays open: its end means that the server is gone. Standard output is the way home; whatever is printed
goes to standard error instead.
"""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from types import FrameType
from typing import Any, BinaryIO, Literal, NamedTuple

from core import limits
from core.errors import UserError
from core.events import Event

HEADER = struct.Struct(">I")
OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "cannot allocate memory")  # torch raises RuntimeError

GO, PAUSE, STEP = b"g", b"p", b"s"

Message = tuple[Literal["event", "problem", "memory", "error", "done"], Any]


class Order(NamedTuple):
    """What a worker is to do: a function by its name, its pickled argument, and the memory it may take."""

    module: str
    qualname: str
    config: bytes
    memory_bytes: int


def pack(content: object) -> bytes:
    """Return `content` pickled, with its length before it."""
    body = pickle.dumps(content)
    return HEADER.pack(len(body)) + body


class Unpacker:
    """Turns the bytes of a pipe back into what was packed. Raises `ValueError` on a length that is none."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, received: bytes) -> Iterator[Message]:
        """Yield each message that `received` completes."""
        self._bytes += received
        while len(self._bytes) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._bytes)
            if length > limits.JOB_EVENT_BYTES:
                raise ValueError(f"a message of {length} bytes")
            end = HEADER.size + length
            if len(self._bytes) < end:
                return
            message = pickle.loads(bytes(memoryview(self._bytes)[HEADER.size : end]))
            del self._bytes[:end]
            yield message


def find(module: str, qualname: str) -> Callable[[Any], Iterator[Event]]:
    """Return the function of that name. Raises `ImportError` or `AttributeError` where there is none."""
    found: Any = importlib.import_module(module)
    for name in qualname.split("."):
        found = getattr(found, name)
    work: Callable[[Any], Iterator[Event]] = found
    return work


class Gate:
    """What the work passes before each event: open, shut, or open for one event more."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_open = True
        self._allowed = 0

    def apply(self, command: bytes) -> None:
        """Open, shut, or let one through."""
        with self._changed:
            self._is_open = command == GO or (self._is_open and command != PAUSE)
            self._allowed = self._allowed + 1 if command == STEP else 0
            self._changed.notify_all()

    def pass_through(self) -> None:
        """Wait until one more event may be worked for."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_open or self._allowed > 0)
            self._allowed = max(0, self._allowed - 1)


def main() -> None:
    """Run the order that standard input brings, then end."""
    signal.signal(signal.SIGTERM, _end)
    order_in, home = _take_pipes()
    _become_expendable()
    (length,) = HEADER.unpack(_read(order_in, HEADER.size))
    order = Order(*pickle.loads(_read(order_in, length)))
    gate = Gate()
    threading.Thread(target=_listen, args=(order_in, gate), daemon=True).start()
    _limit_memory(order.memory_bytes)
    with closing(_run(order)) as messages:
        for message in messages:
            _send(home, message)
            if message[0] == "event":
                gate.pass_through()
    home.close()
    sys.stdout.flush()
    os._exit(0)  # threads that the work left behind must not keep the slot


def _read(pipe: BinaryIO, size: int) -> bytes:
    """Return exactly so many bytes. Not a buffered read: what follows the order must not be waited for."""
    parts = []
    while size and (received := pipe.read(size)):
        parts.append(received)
        size -= len(received)
    return b"".join(parts)


def _run(order: Order) -> Generator[Message, None, None]:
    """Yield the events of the work, then how it ended."""
    try:
        work = find(order.module, order.qualname)
        with closing(_as_generator(work(pickle.loads(order.config)))) as events:
            for event in events:
                yield "event", event
    except UserError as problem:
        yield "problem", problem
    except MemoryError:
        yield "memory", traceback.format_exc()
    except Exception as error:
        lacks_memory = isinstance(error, RuntimeError) and any(words in str(error) for words in OUT_OF_MEMORY)
        yield ("memory" if lacks_memory else "error"), traceback.format_exc()
    else:
        yield "done", None


def _as_generator(events: Iterator[Event]) -> Generator[Event, None, None]:
    """Yield the events; closing this closes `events` too, where that is a generator."""
    yield from events


def _send(home: BinaryIO, message: Message) -> None:
    packed = memoryview(pack(message))
    if len(packed) - HEADER.size > limits.JOB_EVENT_BYTES:
        packed = memoryview(pack(("error", f"an event of {len(packed)} bytes is no event; events are small")))
    while packed:
        packed = packed[home.write(packed) :]


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output, out of reach of whatever the work reads and prints."""
    order_in = os.fdopen(os.dup(0), "rb", buffering=0)
    home = os.fdopen(os.dup(1), "wb", buffering=0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return order_in, home


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # so that the work's `finally` blocks still run


def _become_expendable() -> None:
    """Let the pages go first, and let the system take this process first when memory runs out."""
    with suppress(OSError):
        os.nice(limits.JOB_NICENESS)
    with suppress(OSError), open("/proc/self/autogroup", "w") as group:  # noqa: PTH123
        group.write(str(limits.JOB_NICENESS))  # of a session of its own, whose processes Linux weighs together
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")


def _listen(order_in: BinaryIO, gate: Gate) -> None:
    """Pass commands on until the end of the server, then take everything along that the work has started.

    Linux could end the worker itself with its parent (PR_SET_PDEATHSIG), but then what it started would be left over.
    """
    with suppress(OSError):
        while command := order_in.read(1):
            gate.apply(command)
    os.killpg(0, signal.SIGKILL) if os.getpgrp() == os.getpid() else os._exit(1)


def _limit_memory(memory_bytes: int) -> None:
    """Bound what this process allocates, and, more generously, all it maps, libraries included."""
    for kind, most in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_AS, memory_bytes + limits.JOB_LIBRARY_BYTES),
    ):
        with suppress(ValueError, OSError):  # the system may have set a lower bound already
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
