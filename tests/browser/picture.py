"""Takes the README's picture of ConvScope from the running app: `python -m tests.browser.picture`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from core.paths import ASSETS
from tests.benchmarks.rigs.servers import convscope
from tests.browser.chromium import FLAGS, chromium

PICTURE = ASSETS / "app.png"
VIEW = "/visualization?picture=chelsea&backbone=tiny_resnet&layer=stage1.block2.relu&channel=6&order=index&range=layer"
WIDTH, HEIGHT = 1280, 900


def take(view: str = VIEW, target: Path = PICTURE) -> None:
    """Write a picture of `view`, drawn to the end, in the light theme."""
    with convscope() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-GB")
        page.goto(server.address + view)
        page.wait_for_selector("canvas.large[data-shown]")
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        page.wait_for_timeout(1000)  # the last fonts and pictures
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    take()
