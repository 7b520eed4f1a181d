"""The modules of the canvas components in a page of their own, where their functions are called with plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Route

from pages.components.canvas import FOLDER

ADDRESS = "http://canvas.test/"  # answered by the test itself; nothing goes over the network
RUN = """async ([address, code, value]) => {
  const module = await import(address);
  const plain = (found) => (ArrayBuffer.isView(found) ? Array.from(found) : found);
  return plain(await (0, eval)(code)(module, value));
}"""


class CanvasModules:
    """What calls the modules' functions; arrays of numbers are returned as lists."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def call(self, module: str, name: str, *values: Any) -> Any:
        """Return what the function `name` of a module, named from the folder of all components, returns for values."""
        return self.run(module, f"(module, values) => module.{name}(...values)", list(values))

    def run(self, module: str, code: str, value: Any = None) -> Any:
        """Return what a function in JavaScript, of a module and a value, returns."""
        return self._page.evaluate(RUN, [ADDRESS + module, code, value])


@contextmanager
def canvas_modules(browser: Browser) -> Iterator[CanvasModules]:
    """Serve the modules to a page until the block ends; no error may have stayed unheard in it."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", _answer)
    page.goto(ADDRESS)
    yield CanvasModules(page)
    page.close()
    assert not errors


def _answer(route: Route) -> None:
    name = route.request.url.removeprefix(ADDRESS)
    if name:
        route.fulfill(content_type="text/javascript", path=FOLDER / name)
    else:
        route.fulfill(content_type="text/html", body="<!doctype html><title>modules</title>")
