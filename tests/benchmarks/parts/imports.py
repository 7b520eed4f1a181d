"""Opening the Visualization page on a warm server imports nothing of PyTorch, in the session that opens it."""

from __future__ import annotations

import re

from playwright.sync_api import Browser

from tests.benchmarks.harness import Row
from tests.benchmarks.parts.layer_change import SHOWN, address_of
from tests.benchmarks.rigs.browser import launch, open_page
from tests.benchmarks.rigs.servers import convscope
from tests.servers import Server

TOPIC = "main_job"
OF_TORCH = re.compile(r"^import time:.*\|\s*(?:torch|torchvision|timm)(?:\.\S+)?$", re.MULTILINE)
ANY = re.compile(r"^import time:.*\|\s*[\w.]+$", re.MULTILINE)


def measure() -> list[Row]:
    """Return how many modules of PyTorch and its kin are imported when a second visitor opens the page."""
    with convscope({"PYTHONPROFILEIMPORTTIME": "1"}) as server, launch() as browser:
        _, cold = _imports(browser, server, "chelsea", since=0)
        others, warm = _imports(browser, server, "coffee", since=server.log.stat().st_size)
    if cold == 0:
        raise RuntimeError("the import of torch was not seen when it happened, so its absence would mean nothing")
    note = f"of {others} modules imported at all; {cold} when the server started and the first visitor came"
    return [Row(topic=TOPIC, name="imports_when_opened_warm", value=warm, unit="modules", bound="<= 0", note=note)]


def _imports(browser: Browser, server: Server, picture: str, since: int) -> tuple[int, int]:
    """Return how many modules, and how many of PyTorch, are imported until a new visitor sees a picture's maps.

    `since` is the position in the server's output where to begin to count.
    """
    open_page(browser, address_of(server, "resnet18", "layer1.1.relu_1", picture), SHOWN)
    with server.log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode(errors="replace")
    return len(ANY.findall(lines)), len(OF_TORCH.findall(lines))
