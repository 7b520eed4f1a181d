"""A cache bounded by bytes that computes each value once, however many threads ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache

Value = TypeVar("Value")


class SizedCache(Generic[Value]):
    """Keeps the most recently used values whose sizes add up to at most `maximum_bytes`.

    `after_dropping` is called when values had to make room for an expected one.
    """

    def __init__(
        self, maximum_bytes: int, size_of: Callable[[Value], int], after_dropping: Callable[[], object] = bool
    ) -> None:
        self._after_dropping = after_dropping
        self._values: LRUCache[Hashable, Value] = LRUCache(maximum_bytes, getsizeof=size_of)
        self._locks: WeakValueDictionary[Hashable, threading.Lock] = WeakValueDictionary()
        self._guard = threading.Lock()

    @property
    def bytes(self) -> int:
        """Return how many bytes the kept values take."""
        return int(self._values.currsize)

    def __contains__(self, key: Hashable) -> bool:
        """Return whether a value is kept for `key` now."""
        with self._guard:
            return key in self._values

    def kept(self, key: Hashable) -> Value | None:
        """Return the value kept for `key` now, or None."""
        with self._guard:
            value: Value | None = self._values.get(key)
            return value

    def get(self, key: Hashable, make: Callable[[], Value], expected_bytes: int = 0) -> Value:
        """Return the value kept for `key`, else what `make` returns, which is then kept if it fits at all.

        Room for `expected_bytes` is made first, so that old and new values are not held together. Others who ask
        for the same key wait; who asks for another does not. What `make` raises is raised and nothing is kept.
        """
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._guard:
                if key in self._values:
                    return self._values[key]
                has_dropped = self._make_room(expected_bytes)
            if has_dropped:
                self._after_dropping()
            value = make()
            with self._guard:
                if self._values.getsizeof(value) <= self._values.maxsize:
                    self._values[key] = value
            return value

    def _make_room(self, size: int) -> bool:
        """Return whether values had to go."""
        count = len(self._values)
        while self._values and self._values.currsize + size > self._values.maxsize:
            self._values.popitem()
        return len(self._values) < count
