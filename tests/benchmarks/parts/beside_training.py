"""A change of layer on the Visualization page while two trainings run, beside the same with the server idle."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from tests.benchmarks.harness import Pairs, Row
from tests.benchmarks.parts.animation import STEPPING, TRAINING
from tests.benchmarks.parts.layer_change import CASES, open_explorer
from tests.benchmarks.rigs.browser import PATIENCE_MS, launch, open_page
from tests.benchmarks.rigs.servers import convscope
from tests.servers import Server

CLICKS, WARM_UP = 15, 3
TRAININGS = 2


def measure() -> Iterator[Row]:
    """Return the ratio of the clicks beside trainings to those without, in blocks: idle, busy, idle, busy."""
    figures: dict[bool, list[float]] = {False: [], True: []}
    with launch() as browser, convscope(program=("-m", "tests.benchmarks.rigs.two_slots_server")) as server:
        explorer = open_explorer(browser, server, CASES[0])
        for is_busy in (False, True, False, True):
            pages = [_start(browser, server) for _ in range(TRAININGS)] if is_busy else []
            clicks = [explorer.click() for _ in range(WARM_UP + CLICKS)][WARM_UP:]
            running = sum(page.locator(STEPPING).count() > 0 for page in pages)
            if running < len(pages):
                raise RuntimeError(f"only {running} trainings ran")
            figures[is_busy] += clicks
            for page in pages:
                page.context.close()
            explorer.page.wait_for_timeout(2000)
    pairs = Pairs(tuple(figures[False]), tuple(figures[True]))
    yield Row(
        topic="optimization",
        name="layer_change_beside_two_trainings",
        value=pairs.ratio,
        unit="ratio",
        versus="the same with the server idle",
        bound="<= 2",
        note=f"tiny ResNet; {pairs.describe()}",
    )


def _start(browser: Browser, server: Server) -> Page:
    page = open_page(
        browser, f"{server.address}/optimizer_race?{TRAINING}", "bench.find('canvas.chart')?.dataset.paints"
    )
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(STEPPING).wait_for(timeout=2 * PATIENCE_MS)
    return page
