"""The decorator of what all visitors share: computed once, kept within a bound, keyed by names and digests."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

import streamlit as st

from core.cache import SizedCache

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class Shared(Generic[Arguments, Value]):
    """A function whose results are kept for all visitors; `holds` tells without computing whether one is there."""

    def __init__(
        self,
        compute: Callable[Arguments, Value],
        store: Callable[[], SizedCache[Value]],
        key: Callable[..., Hashable],
        expected_bytes: Callable[..., int] | None,
    ) -> None:
        functools.update_wrapper(self, compute)
        self._compute, self._key, self._expected_bytes = compute, key, expected_bytes
        self.store = store

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
        """Return what is kept, else compute it; who asks for the same meanwhile waits."""
        size = self._expected_bytes(*args, **kwargs) if self._expected_bytes else 0
        return self.store().get(self._key(*args, **kwargs), lambda: self._compute(*args, **kwargs), size)

    def holds(self, *args: Any) -> bool:
        """Return whether the result is kept now; only what the key follows from has to be given."""
        return self._key(*args) in self.store()

    def kept(self, *args: Any) -> Value | None:
        """Return the result if it is kept now, else None; nothing is computed."""
        return self.store().kept(self._key(*args))


class Decorator(Protocol):
    """What makes a shared function of a plain one, with the same arguments and the same result."""

    def __call__(self, compute: Callable[Arguments, Value], /) -> Shared[Arguments, Value]: ...


def shared(
    key: Callable[..., Hashable],
    *,
    entries: int = 0,
    max_bytes: int = 0,
    size_of: Callable[[Any], int] = lambda value: value.bytes,
    expected_bytes: Callable[..., int] | None = None,
    after_dropping: Callable[[], object] = bool,
    store: str = "",
) -> Decorator:
    """Keep what a function returns: at most so many `entries`, or `max_bytes` by `size_of`, the longest unused first.

    `key` takes the function's arguments and returns what the result follows from. Room for `expected_bytes` is made
    before a value is computed, and `after_dropping` is called when something had to go for it. Functions that name the
    same `store` share its bound and its keys.
    """
    if bool(entries) == bool(max_bytes):
        raise ValueError("either entries or max_bytes bounds what is kept")

    def decorate(compute: Callable[Arguments, Value]) -> Shared[Arguments, Value]:
        name = store or f"{compute.__module__}.{compute.__qualname__}"
        size = size_of if max_bytes else lambda _value: 1
        return Shared(compute, lambda: _store(name, entries or max_bytes, size, after_dropping), key, expected_bytes)

    return decorate


@st.cache_resource(show_spinner=False)
def _store(
    name: str,  # noqa: ARG001  # Streamlit knows the store by it
    maximum: int,
    _size_of: Callable[[Any], int],
    _after_dropping: Callable[[], object],
) -> SizedCache[Any]:
    """Return the store of a name. Streamlit holds it, so that it outlives that modules are imported anew."""
    return SizedCache(maximum, _size_of, _after_dropping)
