"""A real Chromium, and what it measures inside its pages: from a click, or from going somewhere, to pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import FLAGS, chromium

NO_OTHER_HOSTS = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # neither app waits for the network
IDLE = "bench.find('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
PATIENCE_MS = 60_000
QUIET_MS = 120  # after a script has ended, until nothing of it goes on in the browser

# `painted` waits for the end of the frame in which a condition first holds: a message is delivered after the frame.
TOOLS = """
window.bench = {
  times: {},
  find(selector) {
    const components = document.querySelectorAll('[data-testid^=stBidiComponent]');
    for (const root of [document, ...Array.from(components, (host) => host.shadowRoot)]) {
      const found = root?.querySelector(selector);
      if (found) return found;
    }
    return null;
  },
  visible(selector) {
    const found = bench.find(selector);
    return found?.getClientRects().length > 0 && (!(found instanceof HTMLImageElement) || found.naturalWidth > 0);
  },
  async painted(done) {
    const start = performance.now();
    do {
      await new Promise(requestAnimationFrame);
      if (performance.now() - start > PATIENCE) throw new Error(`did not happen: ${done}`);
    } while (!done());
    await new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(null);
    });
    return performance.now();
  },
  async click(target, done) {
    const element = target();
    const start = performance.now();
    element.click();
    return (await bench.painted(done)) - start;
  },
  watch(conditions) {
    for (const [name, done] of Object.entries(conditions))
      bench.painted(done).then((time) => { bench.times[name] = time; });
  },
};
"""


@contextmanager
def launch() -> Iterator[Browser]:
    """Run Chromium without a window until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, NO_OTHER_HOSTS])
        yield browser
        browser.close()


def new_context(browser: Browser, conditions: Mapping[str, str] | None = None) -> BrowserContext:
    """Return a fresh context, nothing cached; its pages note when each of `conditions` is first on the screen."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    watched = ", ".join(f"{json.dumps(name)}: () => {done}" for name, done in (conditions or {}).items())
    context.add_init_script(f"const PATIENCE = {PATIENCE_MS};\n{TOOLS}\nbench.watch({{{watched}}});")
    return context


def open_page(browser: Browser, address: str, condition: str) -> Page:
    """Return a page at `address` in which `condition` holds and nothing goes on any more."""
    page = new_context(browser).new_page()
    page.goto(address)
    page.wait_for_function(condition)
    settle(page)
    return page


def times_to_screen(browser: Browser, address: str, conditions: Mapping[str, str]) -> dict[str, float]:
    """Return for each of `conditions` the milliseconds from navigation until it is on the screen, nothing cached."""
    context = new_context(browser, conditions)
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.wait_for_function(f"Object.keys(bench.times).length === {len(conditions)}")
    times: dict[str, float] = page.evaluate("bench.times")
    context.close()
    return times


def settle(page: Page) -> None:
    """Wait until the script has ended, and a moment longer."""
    page.wait_for_function(IDLE)
    page.wait_for_timeout(QUIET_MS)
    page.wait_for_function(IDLE)


def click_to_pixels(page: Page, target: str, done: str) -> float:
    """Return the milliseconds from a click on `target` until `done` holds and is on the screen."""
    milliseconds: float = page.evaluate(f"bench.click(() => {target}, () => {done})")
    return milliseconds
