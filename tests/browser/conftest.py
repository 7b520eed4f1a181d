"""A running ConvScope, a real Chromium, and visitors whose every error and every foreign request fails the test."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import torch
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.architectures.loading import Backbone, load
from tests.browser.chromium import FLAGS, chromium
from tests.browser.visitor import Visitor
from tests.core.fault_server import FaultServer, Reply

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / ".cache" / "screenshots"
STARTING_SECONDS = 60.0
PATIENCE = 20_000  # ms that a browser may take, on a computer that is busy with other things, for what takes 0.1 s
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# On a deep link Streamlit first looks for itself below the page's address, where it is not, and then finds itself.
PROBES = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
# Streamlit drops a picture once a newer one stands in its place; a browser that asks for it just then asks in vain.
MISSED = re.compile(r"(?:404 \(Not Found\)|Image source error) .*?(http://127\.0\.0\.1:\d+/media/\w+\.\w+)")


@dataclass
class Server:
    """A ConvScope that runs as a process of its own."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def serve(folder: Path, *command: str, **environment: str) -> Iterator[Server]:
    """Run ConvScope, or what `command` makes of it, on a free port until the block ends."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    # Nothing is fetched from the network: the way to it is a proxy that refuses, as a closed port does.
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    own = {"CONVSCOPE_WEIGHTS": str(folder / "weights"), "TORCH_HOME": str(folder / "torch")}
    environment = {**os.environ, **proxies, **own, "NO_PROXY": "", "no_proxy": "", **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                *(command or ("-m", "streamlit", "--log_level", "info")),
                "run",
                "app.py",
                f"--server.port={port}",
            ],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(process, address, log)
        yield Server(address, process, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + STARTING_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"ConvScope did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The ConvScope that most tests visit."""
    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def host() -> Iterator[FaultServer]:
    """A computer that publishes weights, some of them badly."""
    with FaultServer() as running:
        yield running


@pytest.fixture(scope="session")
def published() -> Backbone:
    """The network whose weights are published there."""
    return load("squeezenet1_1", "untrained", seed=4)


@pytest.fixture(scope="session")
def body(published: Backbone) -> bytes:
    """The file with these weights."""
    buffer = io.BytesIO()
    torch.save(published.model.state_dict(), buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def double(tmp_path_factory: pytest.TempPathFactory, host: FaultServer, body: bytes) -> Iterator[Server]:
    """A ConvScope that fetches weights from that computer and fails when told to, see double.py."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/refused.pth"
    urls = {
        "squeezenet1_1": host.serve("/good.pth", Reply(body=body)),
        "squeezenet1_0": host.serve("/slow.pth", Reply(body=body, chunk=4096, seconds_a_chunk=0.1)),
        "mobilenet_v2": host.serve("/lost.pth", Reply(status=404)),
        "shufflenet_v2_x0_5": host.serve("/wrong.pth", Reply(body=b"something else" * 1000)),
        "mobilenet_v3_small": nobody,
    }
    digest = hashlib.sha256(body).hexdigest()
    files = {
        name: {"url": url, "file_name": url.rpartition("/")[2], "sha256": digest, "size": len(body)}
        for name, url in urls.items()
    }
    folder = tmp_path_factory.mktemp("double")
    with serve(folder, "-m", "tests.browser.double", DOUBLE_WEIGHTS=json.dumps(files)) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, with a camera that shows a test picture."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        running = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *CAMERA])
        yield running
        running.close()


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


@dataclass
class Visits:
    """Makes visitors for one test, each with a fresh browser context unless one is given."""

    browser: Browser
    address: str
    observed: Observed
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, **options: Any) -> BrowserContext:
        """Return a fresh context whose errors and foreign requests are noted."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 720}, "locale": "en-US", "color_scheme": "light", **options}
        )
        context.set_default_timeout(PATIENCE)
        context.on("page", self._watch)
        self.contexts.append(context)
        return context

    def visitor(self, context: BrowserContext | None = None, address: str = "", **options: Any) -> Visitor:
        """Return a visitor of the app, or of another one at `address`."""
        return Visitor((context or self.context(**options)).new_page(), address or self.address)

    def note_broken_pictures(self) -> None:
        """Note the pictures on the screens that could not be had."""
        for page in (page for context in self.contexts for page in context.pages):
            shown = page.locator("img").evaluate_all("(all) => all.map((one) => one.currentSrc)")
            self.observed.wrongs.extend(f"no picture: {url}" for url in self.observed.missed if url in shown)

    def close(self) -> None:
        """Close all browsers of these visitors, as one does before their server ends."""
        while self.contexts:
            self.contexts.pop().close()

    def _watch(self, page: Page) -> None:
        wrongs = self.observed.wrongs
        page.on("pageerror", lambda error: wrongs.append(f"error in the page: {error}"))
        page.on("dialog", lambda dialog: (wrongs.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: self._note_console(message))
        page.on("request", lambda request: self._note_request(request.url))
        page.on("websocket", lambda socket: self._note_request(socket.url))

    def _note_console(self, message: Any) -> None:
        address = urlsplit(message.location.get("url", ""))
        if message.type != "error" or ("404" in message.text and PROBES.fullmatch(address.path)):
            return
        text = f"{message.text} ({address.geturl()})"
        if missed := MISSED.search(text):
            self.observed.missed.append(missed[1])
        else:
            self.observed.wrongs.append(f"error in the console: {text}")

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self.observed.wrongs.append(f"request to another host: {url}")


@pytest.fixture
def observed() -> Observed:
    """What went wrong in the browsers of this test; a test may add what it expects to."""
    return Observed()


@pytest.fixture
def visits(browser: Browser, server: Server, observed: Observed, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """Visitors of the running app; afterwards nothing may have gone wrong in any of their browsers."""
    made = Visits(browser, server.address, observed)
    yield made
    if getattr(request.node, "has_failed", False):
        _keep_screenshots(made, request.node.name)
    made.note_broken_pictures()
    made.close()
    assert not observed.unexpected, "in the browser:\n" + "\n".join(observed.unexpected)


@pytest.fixture
def visitor(visits: Visits) -> Visitor:
    """A visitor with an empty browser."""
    return visits.visitor()


def _keep_screenshots(visits: Visits, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "_", name)[:120]
    pages = [page for context in visits.contexts for page in context.pages]
    for number, page in enumerate(pages):
        path = SCREENSHOTS / f"{stem}-{number}.png"
        page.screenshot(path=path)
        print(f"screenshot of {page.url}: {path}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let the fixtures of a test know that it has failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.has_failed = True  # type: ignore[attr-defined]
    return report
