"""The server's budget: never more computations at once than cores, and PyTorch prepared exactly once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
import torch

from core import compute
from core.compute import CORES, is_prepared, permit, prepare
from core.errors import UserError
from core.paths import ROOT


class MishapError(Exception):
    """What goes wrong during a computation."""


def run(program: str) -> list[str]:
    """Return the lines that a program prints in a fresh process."""
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


# --- permits --------------------------------------------------------------------------------------------------------


def test_never_more_computations_at_once_than_cores() -> None:
    guard = threading.Lock()
    running, most = 0, 0

    def work(_number: int) -> None:
        nonlocal running, most
        with permit():
            with guard:
                running += 1
                most = max(most, running)
            time.sleep(0.005)
            with guard:
                running -= 1

    with ThreadPoolExecutor(4 * CORES + 4) as pool:
        list(pool.map(work, range(12 * CORES)))
    assert most == CORES
    assert running == 0


def test_a_busy_server_says_so() -> None:
    with ExitStack() as held:
        for _ in range(CORES):
            held.enter_context(permit())
        before = time.monotonic()
        with pytest.raises(UserError) as caught, permit(0.2):
            pass
        assert 0.15 < time.monotonic() - before < 5
    assert "busy" in str(caught.value)
    assert caught.value.remedy
    assert "{" not in str(caught.value)


def test_who_waits_gets_the_permit_that_is_given_back() -> None:
    order: list[str] = []
    with ThreadPoolExecutor(1) as pool, ExitStack() as held:
        for _ in range(CORES):
            held.enter_context(permit())

        def wait() -> None:
            with permit(10):
                order.append("waiting one")

        waiting = pool.submit(wait)
        time.sleep(0.05)
        order.append("given back")
        held.close()
        waiting.result(10)
    assert order == ["given back", "waiting one"]


def test_permits_come_back_after_exceptions_and_refusals() -> None:
    for _ in range(2 * CORES):
        with suppress(MishapError), permit():
            raise MishapError
    with ExitStack() as held:
        for _ in range(CORES):
            held.enter_context(permit(1))
        for _ in range(3):
            with suppress(UserError), permit(0.01):
                pytest.fail("there was none")
    with ExitStack() as held:  # neither too few nor too many are left
        for _ in range(CORES):
            held.enter_context(permit(1))
        with pytest.raises(UserError), permit(0.01):
            pass


def test_there_are_as_many_as_this_process_has_cores() -> None:
    assert CORES >= 1
    (first,) = run(
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from core.compute import CORES; print(CORES)"
    )
    assert first == "1"


# --- preparing ------------------------------------------------------------------------------------------------------


def test_importing_it_is_light() -> None:
    assert run("import sys, core.compute; print('torch' in sys.modules, core.compute.is_prepared())") == ["False False"]


def test_whoever_asks_it_is_prepared_once() -> None:
    """Two calls in the background, which hold nobody up, then sixteen threads that need it."""
    program = """
import gc, sys, threading
from concurrent.futures import ThreadPoolExecutor
from core import compute

frozen, seen = [], []
freeze = gc.freeze
gc.freeze = lambda: (frozen.append(1), freeze())
start = threading.Barrier(16)

def ask(number):
    start.wait(30)
    compute.prepare()
    seen.append((compute.is_prepared(), sys.modules["torch"].get_num_threads(), "torchvision" in sys.modules))

compute.prepare_in_background()
compute.prepare_in_background()
print(compute.is_prepared())
with ThreadPoolExecutor(16) as pool:
    list(pool.map(ask, range(16)))
print(len(frozen), set(seen), gc.get_freeze_count() > 10000)
"""
    assert run(program) == ["False", "1 {(True, 1, True)} True"]


def test_a_permit_prepares() -> None:
    with permit():
        assert is_prepared()
        assert torch.get_num_threads() == 1


def test_preparing_again_costs_nothing() -> None:
    prepare()
    before = threading.active_count()
    for _ in range(1000):
        prepare()
        compute.prepare_in_background()
    assert threading.active_count() <= before, "no thread is started for it"


def test_a_failed_preparation_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_prepared", threading.Event())
    monkeypatch.setattr(compute, "_keep_freed_memory", lambda: (_ for _ in ()).throw(MishapError))
    for _ in range(2):
        with pytest.raises(MishapError):
            compute.prepare()
        assert not compute.is_prepared()
    monkeypatch.undo()
    assert compute.is_prepared()
