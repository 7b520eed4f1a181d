"""The bounded cache: what was used last stays, within its bytes, and each value is made once."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from core.cache import SizedCache

PATIENCE = 10  # seconds


class MishapError(Exception):
    """What goes wrong while a value is made."""


class Maker:
    """Makes values and counts how often."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()

    def __call__(self, key: str, size: int = 1) -> bytes:
        self.made[key] += 1
        return key.encode() * size


@pytest.fixture
def maker() -> Maker:
    return Maker()


def cache(maximum: int) -> SizedCache[bytes]:
    return SizedCache(maximum, len)


def get(values: SizedCache[bytes], maker: Maker, key: str, size: int = 1, expected: int = 0) -> bytes:
    return values.get(key, partial(maker, key, size), expected)


# --- what stays -------------------------------------------------------------------------------------------------------


def test_a_value_is_made_once(maker: Maker) -> None:
    values = cache(10)
    first = get(values, maker, "a", 3)
    assert first == b"aaa"
    assert get(values, maker, "a", 3) is first
    assert maker.made["a"] == 1
    assert values.bytes == 3


def test_the_least_recently_used_goes_first(maker: Maker) -> None:
    values = cache(3)
    for key in "abc":
        get(values, maker, key)
    get(values, maker, "a")  # used again: now b is the oldest
    get(values, maker, "d")
    get(values, maker, "c")
    get(values, maker, "a")
    assert maker.made == {"a": 1, "b": 1, "c": 1, "d": 1}
    get(values, maker, "b")  # d is the oldest now
    assert maker.made["b"] == 2
    get(values, maker, "a")
    get(values, maker, "c")
    assert maker.made == {"a": 1, "b": 2, "c": 1, "d": 1}


def test_several_go_where_a_large_one_comes(maker: Maker) -> None:
    values = cache(10)
    for key in "abcd":
        get(values, maker, key, 2)
    get(values, maker, "e", 7)
    assert values.bytes == 9
    get(values, maker, "d", 2)
    assert maker.made["d"] == 1


def test_bytes_never_exceed_the_bound(maker: Maker) -> None:
    values = cache(100)
    for number in range(300):
        get(values, maker, str(number % 41), number * 7 % 60 + 1)
        assert values.bytes <= 100
    assert values.bytes > 0


def test_what_is_as_large_as_the_bound_is_kept(maker: Maker) -> None:
    values = cache(10)
    get(values, maker, "a", 10)
    get(values, maker, "a", 10)
    assert maker.made["a"] == 1
    assert values.bytes == 10


def test_what_is_too_large_is_returned_and_not_kept(maker: Maker) -> None:
    values = cache(10)
    get(values, maker, "b", 4)
    assert get(values, maker, "a", 11) == b"a" * 11
    assert get(values, maker, "a", 11) == b"a" * 11
    assert maker.made["a"] == 2
    get(values, maker, "b", 4)  # it had not to go for nothing
    assert maker.made["b"] == 1


def test_evicted_values_are_let_go() -> None:
    class Value:
        """Something that can be watched."""

    values: SizedCache[Value] = SizedCache(1, lambda value: 1)
    reference = weakref.ref(values.get("a", Value))
    assert reference() is not None
    values.get("b", Value)
    gc.collect()
    assert reference() is None


def test_nothing_is_a_value_too() -> None:
    values: SizedCache[None] = SizedCache(10, lambda value: 1)
    calls: list[int] = []
    for _ in range(3):
        assert values.get("a", lambda: calls.append(1)) is None
    assert calls == [1]


# --- room ---------------------------------------------------------------------------------------------------------


def test_room_is_made_before_the_value(maker: Maker) -> None:
    """Else the old and the new value would be in memory together."""
    values = cache(10)
    get(values, maker, "a", 6)
    get(values, maker, "b", 3)
    seen: list[int] = []

    def make() -> bytes:
        seen.append(values.bytes)
        return b"c" * 7

    values.get("c", make, expected_bytes=7)
    assert seen == [3]
    assert values.bytes == 10
    get(values, maker, "b", 3)
    assert maker.made["b"] == 1


def test_no_room_is_made_for_what_is_there(maker: Maker) -> None:
    values = cache(10)
    get(values, maker, "a", 5)
    get(values, maker, "b", 5)
    get(values, maker, "a", 5, expected=10)
    get(values, maker, "b", 5)
    assert maker.made == {"a": 1, "b": 1}


def test_more_room_than_there_is_empties_it_and_ends(maker: Maker) -> None:
    values = cache(10)
    get(values, maker, "a", 5)
    assert get(values, maker, "b", 4, expected=1000) == b"bbbb"
    assert values.bytes == 4


# --- exceptions -----------------------------------------------------------------------------------------------------


def test_an_exception_is_raised_and_not_kept(maker: Maker) -> None:
    values = cache(10)

    def fail() -> bytes:
        raise MishapError

    for _ in range(2):
        with pytest.raises(MishapError):
            values.get("a", fail)
    assert values.bytes == 0
    assert get(values, maker, "a") == b"a"
    assert get(values, maker, "a") == b"a"
    assert maker.made["a"] == 1


def test_after_an_exception_those_who_waited_try_themselves() -> None:
    values = cache(10)
    lock = threading.Lock()
    attempts: list[int] = []

    def make() -> bytes:
        with lock:
            attempts.append(1)
            first = len(attempts) == 1
        time.sleep(0.02)
        if first:
            raise MishapError
        return b"a"

    def ask(_number: int) -> str:
        try:
            return values.get("a", make).decode()
        except MishapError:
            return "mishap"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert sorted(answers) == ["a"] * 7 + ["mishap"]
    assert len(attempts) == 2


# --- threads --------------------------------------------------------------------------------------------------------


def test_sixteen_threads_make_each_value_once() -> None:
    values: SizedCache[object] = SizedCache(1000, lambda value: 1)
    start = threading.Barrier(16)
    made: list[str] = []

    def make(key: str) -> object:
        made.append(key)
        time.sleep(0.01)
        return object()

    def ask(number: int) -> list[int]:
        start.wait(PATIENCE)
        keys = [str((number + step) % 5) for step in range(5)]
        return [id(values.get(key, partial(make, key))) for key in sorted(keys)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert sorted(made) == ["0", "1", "2", "3", "4"]
    assert all(answer == answers[0] for answer in answers)


def test_who_asks_for_another_key_does_not_wait(maker: Maker) -> None:
    values = cache(10)
    making, go_on = threading.Event(), threading.Event()

    def slow() -> bytes:
        making.set()
        assert go_on.wait(PATIENCE)
        return b"slow"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(values.get, "slow", slow)
        assert making.wait(PATIENCE)
        assert pool.submit(get, values, maker, "quick").result(PATIENCE) == b"quick"
        assert not first.done()
        go_on.set()
        assert first.result(PATIENCE) == b"slow"


def test_one_value_may_need_another(maker: Maker) -> None:
    values = cache(10)
    assert values.get("outer", lambda: get(values, maker, "inner") + b"!") == b"inner!"
    assert values.bytes == len("inner!")  # both do not fit together


def test_the_bound_holds_while_many_threads_press(maker: Maker) -> None:
    values = cache(50)
    over: list[int] = []

    def press(number: int) -> None:
        for step in range(60):
            key = str((number * 7 + step * 3) % 23)
            size = int(key) % 9 + 1
            assert get(values, maker, key, size) == key.encode() * size
            if values.bytes > 50:
                over.append(values.bytes)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(press, range(16)))
    assert over == []
    assert 0 < values.bytes <= 50


def test_locks_of_keys_do_not_pile_up(maker: Maker) -> None:
    values = cache(5)
    for number in range(200):
        get(values, maker, str(number), 1)
    gc.collect()
    assert len(values._locks) == 0
