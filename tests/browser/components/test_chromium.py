"""A browser counts only when it starts, and where there is none, that is said and nothing is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import chromium as finder
from tests.browser.chromium import PROBE, NoChromiumError


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a PATH with nothing on it, and no browser of Playwright's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    finder.chromium.cache_clear()
    yield tmp_path
    finder.chromium.cache_clear()


def put(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_browser_that_does_not_start_is_passed_over(path: Path) -> None:
    put(path / "chromium", "echo Chromium 1; exit 0")
    put(path / "chromium-browser", "exit 127")
    works = put(path / "google-chrome", f"echo '<html>{PROBE}</html>'")
    assert finder.chromium() == works


def test_none_is_an_error_with_a_remedy() -> None:
    with pytest.raises(NoChromiumError, match=r"Install the package chromium, or name a browser"):
        finder.chromium()


def test_the_named_one_is_taken_or_refused_but_never_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path / "chromium", f"echo '{PROBE}'")
    monkeypatch.setenv("CHROMIUM", put(path / "mine", "exit 1"))
    with pytest.raises(NoChromiumError, match=r"mine does not start"):
        finder.chromium()


def test_every_way_to_install_one_is_tried_and_its_failure_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [("one", [[put(path / "a", "echo 'E: no such package'; exit 100")]]), ("two", [[put(path / "b", "exit 0")]])]
    monkeypatch.setattr(finder, "_ways", lambda: ways)
    with pytest.raises(NoChromiumError, match=r"(?s)one: E: no such package.*two: installed, but it does not start"):
        finder.install()
