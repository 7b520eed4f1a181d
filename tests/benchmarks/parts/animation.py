"""The race on a surface as it plays, curves of a training as they grow: frames a second, and the server meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
from playwright.sync_api import Browser, Page

from tests.benchmarks.harness import Row
from tests.benchmarks.rigs.browser import PATIENCE_MS, launch, open_page
from tests.benchmarks.rigs.servers import convscope
from tests.servers import Server

SECONDS = 5.0
RACE = "surface=rosenbrock&rates=tuned&steps=2000"
TRAINING = "on=network&task=digits&rates=same&lr=0.01&updates=2000&seeds=5"
STEPPING = "text=/step [1-9][0-9]* of/"
SLOWEST = "bench.find('select').value = '10', bench.find('select').onchange()"  # plays long enough to be measured
VIEWS = {"map": "", "relief": "bench.find('button.solid')?.click()"}


def measure() -> Iterator[Row]:
    """Return frames a second of both views, the server's share of a core, and the updates of a training's curves."""
    with launch() as browser, convscope() as server:
        yield from _playing(browser, server)
        yield _training(browser, server)


def _playing(browser: Browser, server: Server) -> Iterator[Row]:
    page = open_page(browser, f"{server.address}/optimizer_race?{RACE}", "bench.find('canvas.map')?.dataset.shown")
    page.evaluate(SLOWEST)
    for name, choose in VIEWS.items():
        if choose:
            page.evaluate(choose)
        page.evaluate("bench.find('button.restart').click()")
        page.wait_for_timeout(500)
        frames, share = _count(page, server, "bench.find('canvas.map').race.frames")
        yield Row(topic="optimization", name=f"frames_{name}", value=frames, unit="a second", bound=">= 50")
        yield Row(
            topic="optimization",
            name=f"server_cpu_{name}",
            value=100 * share,
            unit="% of a core",
            note=f"while the {name} plays; the server is asked for nothing",
        )
    page.context.close()


def _training(browser: Browser, server: Server) -> Row:
    page = open_page(
        browser, f"{server.address}/optimizer_race?{TRAINING}", "bench.find('canvas.chart')?.dataset.paints"
    )
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(STEPPING).wait_for(timeout=2 * PATIENCE_MS)
    page.wait_for_timeout(1000)
    updates, share = _count(page, server, "Number(bench.find('canvas.chart').dataset.paints)")
    page.context.close()
    return Row(
        topic="optimization",
        name="updates_of_a_training",
        value=updates,
        unit="a second",
        bound=">= 5",
        note=f"the curves are drawn anew while the training runs; the server takes {share:.0%} of a core",
    )


def _count(page: Page, server: Server, counter: str) -> tuple[float, float]:
    """Return by how much a counter in the page grows in a second, and the server's share of a core meanwhile."""
    process = psutil.Process(server.pid)
    spent, start, before = sum(process.cpu_times()[:2]), time.monotonic(), page.evaluate(counter)
    page.wait_for_timeout(SECONDS * 1000)
    counted, seconds = page.evaluate(counter) - before, time.monotonic() - start
    return counted / seconds, (sum(process.cpu_times()[:2]) - spent) / seconds
