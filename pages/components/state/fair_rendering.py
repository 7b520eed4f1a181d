"""Limits how many whole pages are drawn at once, so that small updates stay quick."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.compute import CORES

PATIENCE_SECONDS = 5.0
COURTESY_SECONDS = 0.5
_turns = threading.BoundedSemaphore(max(1, CORES - 1))
_changed = threading.Condition()
_changes = 0


@contextmanager
def taking_turns() -> Iterator[None]:
    """Wait for one's turn to draw a page; a courtesy and not a lock: who has waited long enough goes ahead.

    Python runs one thread at a time, so that twenty pages drawn side by side take as long as one after the other, but
    keep everybody waiting to the end. Nothing slow, like loading, belongs into a turn.
    """
    has_turn = _turns.acquire(timeout=PATIENCE_SECONDS)
    try:
        with _changed:
            _changed.wait_for(lambda: _changes == 0, timeout=COURTESY_SECONDS)
        yield
    finally:
        if has_turn:
            _turns.release()


@contextmanager
def going_first() -> Iterator[None]:
    """Let no other page begin to be drawn meanwhile; for a small change to a page that somebody looks at."""
    global _changes
    with _changed:
        _changes += 1
    try:
        yield
    finally:
        with _changed:
            _changes -= 1
            _changed.notify_all()
