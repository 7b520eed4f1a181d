"""A worker of the transfer advisor takes one core, linear algebra included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.compute import prepare


@contextmanager
def one_thread(*, with_classifiers: bool = False) -> Iterator[None]:
    """Make PyTorch ready, and hold all linear algebra to one thread until the block ends.

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
