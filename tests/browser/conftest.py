"""A running ConvScope, a real Chromium, and visitors whose every error and every foreign request fails the test."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, expect, sync_playwright

from core.architectures.loading import Backbone, load
from core.paths import ROOT
from tests.browser.chromium import FLAGS, chromium
from tests.browser.visitor import Visitor
from tests.browser.visits import PATIENCE, Observed, Tabs, Visits
from tests.core.fault_server import FaultServer, Reply
from tests.servers import Server, run_server

SCREENSHOTS = ROOT / ".cache" / "screenshots"
HURRIED = ROOT / "tests" / "hurried"
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@contextmanager
def serve(folder: Path, *command: str, **environment: str) -> Iterator[Server]:
    """Run ConvScope, or what `command` makes of it, on a free port until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing is fetched from the network: the way to it is a proxy that refuses, as a closed port does.
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    own = {"CONVSCOPE_WEIGHTS": str(folder / "weights"), "TORCH_HOME": str(folder / "torch")}
    own["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT, HURRIED)))
    words = (sys.executable, *(command or ("-m", "streamlit", "--log_level", "info")), "run", "app.py")
    whole = {**os.environ, **proxies, **own, "NO_PROXY": "", "no_proxy": "", **environment}
    with run_server(words, folder=ROOT, log=folder / "server.log", environment=whole) as running:
        yield running


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


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Tabs:
    """The tabs that one test after another uses."""
    return Tabs(browser)


@pytest.fixture
def observed() -> Observed:
    """What went wrong in the browsers of this test; a test may add what it expects to."""
    return Observed()


@pytest.fixture
def visits(tabs: Tabs, server: Server, observed: Observed, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """Visitors of the running app; afterwards nothing may have gone wrong in any of their browsers."""
    yield from _visiting(Visits(tabs, server.address, observed), request.node)


@pytest.fixture(scope="module")
def shared_visits(tabs: Tabs, server: Server, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """The same for all tests of a file that use it: each leaves what is on the screen as it has found it."""
    yield from _visiting(Visits(tabs, server.address, Observed()), request.node)


def _visiting(visits: Visits, node: pytest.Item | pytest.Collector) -> Iterator[Visits]:
    yield visits
    failed = getattr(node, "has_failed", False)
    if failed:
        _keep_screenshots(visits, node.name)
    visits.note_broken_pictures()
    visits.close(keep=not failed)
    unexpected = visits.observed.unexpected
    assert not unexpected, "in the browser:\n" + "\n".join(unexpected)


@pytest.fixture
def visitor(visits: Visits) -> Visitor:
    """A visitor with an empty browser."""
    return visits.visitor()


def _keep_screenshots(visits: Visits, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "_", name)[:120]
    for number, page in enumerate(visits.pages):
        path = SCREENSHOTS / f"{stem}-{number}.png"
        page.screenshot(path=path)
        print(f"screenshot of {page.url}: {path}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let the fixtures of a test, and those of its file, know that it has failed."""
    report = yield
    if report.when != "teardown" and report.failed:
        for node in (item, item.getparent(pytest.Module)):
            node.has_failed = True  # type: ignore[union-attr]
    return report
