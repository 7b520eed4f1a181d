"""The compute budget of the server: PyTorch prepared once, one permit for each core."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import UserError
from core.i18n import N_
from core.limits import COMPUTE_WAIT_SECONDS

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)

_MALLOC_OPTIONS = {
    -1: 256 << 20,  # M_TRIM_THRESHOLD, bytes
    -3: 32 << 20,  # M_MMAP_THRESHOLD, bytes
    -8: 1,  # M_ARENA_MAX: what one thread has freed the next one finds
}

_permits = threading.BoundedSemaphore(CORES)
_preparing = threading.Lock()
_prepared = threading.Event()


@contextmanager
def permit(timeout_seconds: float = COMPUTE_WAIT_SECONDS) -> Iterator[None]:
    """Hold one of the server's computing permits; hold it around computation only.

    Raises `UserError` when none becomes free within `timeout_seconds`.
    """
    prepare()
    if not _permits.acquire(timeout=timeout_seconds):
        raise UserError(
            N_("The server is busy: nothing could be computed within {seconds:.0f} seconds."),
            N_("Wait a moment, then choose the layer or the picture again."),
            seconds=timeout_seconds,
        )
    try:
        yield
    finally:
        _permits.release()


def prepare() -> None:
    """Import PyTorch once per process and set it up for many small computations side by side.

    One intra-op thread per computation: several threads for each of thirty sessions would only compete. Freezing
    the imported objects takes them out of the garbage collector's sight, which otherwise walks them for 0.2 s.
    """
    if _prepared.is_set():
        return
    with _preparing:
        if _prepared.is_set():
            return
        _keep_freed_memory()
        import torch

        from core import torchvision_compat  # noqa: F401

        # isort: split
        import torchvision.models.feature_extraction  # noqa: F401

        torch.set_num_threads(1)
        gc.collect()
        gc.freeze()
        _prepared.set()


@contextmanager
def single_threaded(*, with_classifiers: bool = False) -> Iterator[None]:
    """Make PyTorch ready, and hold linear algebra to one thread until the block ends, as a worker of one core has to.

    `with_classifiers`, that of scikit-learn too, which takes a second to import. Numbers too small for the usual form
    count as zero: a network that has learned its few pictures by heart computes with so many of them that it would
    take three times as long.
    """
    import torch

    prepare()
    if with_classifiers:
        import sklearn.linear_model  # noqa: F401  # its BLAS has to be there to be limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    torch.set_flush_denormal(True)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_flush_denormal(False)


def _keep_freed_memory() -> None:
    """Make glibc hand freed activation memory to the next computation instead of back to the system.

    A forward pass whose activations are kept touches some 100 MB; fetching that anew from the system, page by page,
    costs more than the pass of a small network. Blocks above 32 MB, weights among them, still go back at once.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc; other C libraries keep their own ways
        for parameter, value in _MALLOC_OPTIONS.items():
            libc.mallopt(parameter, value)


def release_memory() -> None:
    """Give the memory of dropped networks back to the system: traced ones go with a collection of garbage only."""
    gc.collect()
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def is_prepared() -> bool:
    """Return whether PyTorch is imported and set up."""
    return _prepared.is_set()


def prepare_in_background(after_seconds: float = 0.0) -> None:
    """Start preparing PyTorch in a daemon thread, unless somebody needs it sooner, or it is prepared already."""
    if _prepared.is_set():
        return
    timer = threading.Timer(after_seconds, prepare)
    timer.daemon = True
    timer.start()
