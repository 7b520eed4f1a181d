"""The modules of the canvas components, open in one page for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.canvas.canvas_modules import CanvasModules, canvas_modules


@pytest.fixture(scope="session")
def modules(browser: Browser) -> Iterator[CanvasModules]:
    """What calls the functions of the modules."""
    with canvas_modules(browser) as running:
        yield running
