"""What holds for all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

HERE = Path(__file__).parent
HURRIED = HERE / "hurried"
LONGEST_FIRST = ("browser", "pages", "core")

# As in the app: several threads a computation would only compete with what runs beside it. Read when torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def own_main_module() -> Iterator[None]:
    """Put back what AppTest takes the place of: a process that a later test starts would run the app's script."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True, scope="session")
def components_looked_for_once() -> Iterator[None]:
    """Let AppTest look through all packages for components once: it takes half a second, and would for each app."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let long work that a test starts take its share of the processors at once, see hurried/sitecustomize.py."""
    monkeypatch.syspath_prepend(HURRIED)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with files that take long: then no process that shares in the files waits for another one at the end."""
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(HERE).parts[0], len(ranks)))
