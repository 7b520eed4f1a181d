"""The app without a browser: pages run as scripts, their widgets are turned from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.paths import ROOT
from tests.pages.opened import Open


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let every download fail at once, on any computer: the way out is a proxy that refuses."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture
def open_page() -> Open:
    """Open a page of the app by a link, as a new visitor whose browser prefers a language."""

    def opened(page: str = "visualization", locale: str = "en-US", **parameters: Any) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.context["locale"] = locale
        app._page_hash = calc_hash(page)  # switch_page knows the addresses of pages only after a first run
        for name, value in parameters.items():
            app.query_params[name] = str(value)
        return app.run()

    return opened
