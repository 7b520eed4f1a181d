"""Visitors for one test: their browsers, and what must not go wrong in them.

A page that is drawn in a new tab costs three times what it costs in one that has drawn the app before, where all
of Streamlit is compiled already. So tabs are kept from test to test, with nothing left in them of the test before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.browser.visitor import PATIENCE_SECONDS, Visitor

PATIENCE = int(
    1000 * PATIENCE_SECONDS
)  # ms that a browser may take, on a computer that is busy with other things, for what takes 0.1 s
LONG = 240_000  # ms that a job may take: its worker imports PyTorch first, and gives way to all else
PLAIN: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}, "locale": "en-US", "color_scheme": "light"}
CHANGEABLE = {"viewport", "color_scheme", "reduced_motion", "permissions"}  # of a tab that is there already
TABS_KEPT = 2
# On a deep link Streamlit first looks for itself below the page's address, where it is not, and then finds itself.
PROBES = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
# Streamlit drops a picture once a newer one stands in its place; a browser that asks for it just then asks in vain.
MISSED = re.compile(r"(?:404 \(Not Found\)|Image source error) .*?(http://127\.0\.0\.1:\d+/media/\w+\.\w+)")
FORGET = """
() => {
  if (!location.protocol.startsWith('http')) return;
  localStorage.clear();
  sessionStorage.clear();
  window.name = '';
}
"""


@dataclass
class Observed:
    """What must not happen in a browser, and what of it a test expects."""

    wrongs: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Regular expressions of what may happen nevertheless."""
    missed: list[str] = field(default_factory=list)
    """Addresses of pictures that were not there any more; wrong where they are still to be seen."""

    @property
    def unexpected(self) -> list[str]:
        """What went wrong and should not have."""
        return [wrong for wrong in self.wrongs if not any(re.search(pattern, wrong) for pattern in self.expected)]


class Watch:
    """Notes what goes wrong in the pages of a browser context, for one test after another."""

    def __init__(self, context: BrowserContext, observed: Observed) -> None:
        self.observed = observed
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._note(f"error in the page: {error}"))
        page.on("dialog", lambda dialog: (self._note(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: self._note_console(message))
        page.on("request", lambda request: self._note_request(request.url))
        page.on("websocket", lambda socket: self._note_request(socket.url))

    def _note(self, wrong: str) -> None:
        self.observed.wrongs.append(wrong)

    def _note_console(self, message: Any) -> None:
        address = urlsplit(message.location.get("url", ""))
        if message.type != "error" or ("404" in message.text and PROBES.fullmatch(address.path)):
            return
        text = f"{message.text} ({address.geturl()})"
        if missed := MISSED.search(text):
            self.observed.missed.append(missed[1])
        else:
            self._note(f"error in the console: {text}")

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self._note(f"request to another host: {url}")


@dataclass
class Tab:
    """A tab in a browser context of its own that one test after another uses."""

    page: Page
    watch: Watch
    is_taken: bool = False

    def prepare(
        self,
        observed: Observed,
        viewport: Any,
        color_scheme: Any,
        reduced_motion: Any = "no-preference",
        permissions: Sequence[str] = (),
    ) -> None:
        """Let this tab be of that size, with those preferences, and note what goes wrong in `observed`."""
        self.watch.observed = observed
        self.page.context.grant_permissions(permissions)
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(
            media="null",
            color_scheme=color_scheme,
            reduced_motion=reduced_motion,
            forced_colors="null",
            contrast="null",
        )

    def empty(self) -> None:
        """Leave what is open, and forget all that a site can keep in a browser, its programs excepted."""
        self.page.evaluate(FORGET)
        self.watch.observed = Observed()  # what is broken off by leaving is no error
        address = urlsplit(self.page.url)
        self.page.goto("about:blank")
        self.page.unroute_all()
        self.page.mouse.move(-1, -1)
        self.page.context.clear_cookies()
        self.page.context.clear_permissions()
        protocol = self.page.context.new_cdp_session(self.page)
        origin = f"{address.scheme}://{address.netloc}"
        protocol.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        protocol.send("Page.resetNavigationHistory")
        protocol.detach()
        for other in self.page.context.pages:
            if other is not self.page:
                other.close()


class Tabs:
    """The tabs that are kept from test to test."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._tabs: list[Tab] = []

    def take(self, observed: Observed, **settings: Any) -> Tab:
        """Return an empty tab, the one used most where it is free."""
        tab = next((tab for tab in self._tabs if not tab.is_taken), None) or self._new(observed)
        tab.is_taken = True
        tab.prepare(observed, **settings)
        return tab

    def give_back(self, tab: Tab, keep: bool = True) -> None:
        """Empty a tab and keep it, or close it."""
        try:
            tab.empty()
        except Error:
            keep = False
        tab.is_taken = False
        if not keep or self._tabs.index(tab) >= TABS_KEPT:
            self._tabs.remove(tab)
            tab.page.context.close()

    def _new(self, observed: Observed) -> Tab:
        context = self.browser.new_context(**PLAIN)
        context.set_default_timeout(PATIENCE)
        watch = Watch(context, observed)
        self._tabs.append(Tab(context.new_page(), watch))
        return self._tabs[-1]


@dataclass
class Visits:
    """Makes visitors for one test, each a person with an empty browser, unless a browser context is given."""

    tabs: Tabs
    address: str
    observed: Observed
    taken: list[Tab] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    """Those that end with the test."""

    @property
    def pages(self) -> list[Page]:
        """All that is open."""
        return [page for context in (*self._contexts_of_tabs, *self.contexts) for page in context.pages]

    @property
    def _contexts_of_tabs(self) -> list[BrowserContext]:
        return [tab.page.context for tab in self.taken]

    def context(self, **options: Any) -> BrowserContext:
        """Return a new context, whose errors and foreign requests are noted.

        For a test that adds scripts or listeners to its page, or wants nothing of the app to be there yet.
        """
        context = self.tabs.browser.new_context(**{**PLAIN, **options})
        context.set_default_timeout(PATIENCE)
        Watch(context, self.observed)
        self.contexts.append(context)
        return context

    def visitor(self, context: BrowserContext | None = None, address: str = "", **options: Any) -> Visitor:
        """Return a visitor of the app, or of another one at `address`."""
        if context is None and options.keys() <= CHANGEABLE:
            plain = {name: PLAIN[name] for name in PLAIN if name in CHANGEABLE}
            tab = self.tabs.take(self.observed, **{**plain, **options})
            self.taken.append(tab)
            page = tab.page
        else:
            page = (context or self.context(**options)).new_page()
        return Visitor(page, address or self.address)

    def note_broken_pictures(self) -> None:
        """Note the pictures on the screens that could not be had."""
        for page in self.pages if self.observed.missed else ():
            shown = page.locator("img").evaluate_all("(all) => all.map((one) => one.currentSrc)")
            self.observed.wrongs.extend(f"no picture: {url}" for url in self.observed.missed if url in shown)

    def close(self, keep: bool = True) -> None:
        """Close all browsers of these visitors, as one does before their server ends."""
        while self.taken:
            self.tabs.give_back(self.taken.pop(), keep)
        while self.contexts:
            self.contexts.pop().close()
