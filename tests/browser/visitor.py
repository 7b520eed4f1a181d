"""A person at a browser: opens pages of ConvScope, turns what can be turned, reads what is on the screen."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Download, FilePayload, Locator, Page, expect

from core.visualization.rendering import format_number

PATIENCE_SECONDS = 60.0
SMALLEST_CELL = 44  # pixels: no map in the grid is smaller
READY = "[data-testid=stApp][data-test-script-state=notRunning]"
TRAVEL = """
async ([address, seconds]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const isIdle = () => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning';
  history.pushState({}, '', address);
  dispatchEvent(new PopStateEvent('popstate', { state: {} }));
  const asked = location.href;
  const end = performance.now() + 1000 * seconds;
  let hasRun = false;  // a short run is over before it is drawn; then the completed address tells that it was
  while (!hasRun || !isIdle()) {
    if (performance.now() > end) throw new Error(`nothing ran to its end for ${address}`);
    await frame();
    hasRun ||= !isIdle() || location.href !== asked;
  }
  await frame();
}
"""
WATCH_RUNS = """
() => {
  if (window.runs !== undefined) return window.runs;
  window.runs = 0;
  const app = document.querySelector('[data-testid=stApp]');
  const count = () => { window.runs += app.dataset.testScriptState === 'running'; };
  new MutationObserver(count).observe(app, { attributeFilter: ['data-test-script-state'] });
  return 0;
}
"""
AWAIT_RUN = """
async ([runs, seconds]) => {
  const app = document.querySelector('[data-testid=stApp]');
  const begun = performance.now();
  const isIdle = () => app.dataset.testScriptState === 'notRunning';
  const isOver = () => isIdle() && (window.runs > runs || performance.now() - begun > 700);  // too short to be drawn
  while (!isOver()) {
    if (performance.now() - begun > 1000 * seconds) throw new Error('what was done had no end');
    await new Promise(requestAnimationFrame);
  }
}
"""
CELL = re.compile(r"channel (\d+) · row (\d+), column (\d+) · value (\S+) · colours from (\S+) to (\S+)")
DEAD_CELL = re.compile(r"channel (\d+) is dead")
EXACT_CELL = re.compile(r"row (\d+), column (\d+): (\S+)")
SCAN = """
(canvas, [step, careful]) => {
  const output = canvas.getRootNode().querySelector('output');
  canvas.dispatchEvent(new MouseEvent('mouseleave'));
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const { display } = output.style;
  output.style.display = 'none';  // or the page would be laid out anew for each text
  const box = canvas.getBoundingClientRect();
  const read = (x, y) => {
    const at = { clientX: box.left + x + 0.5, clientY: box.top + y + 0.5, bubbles: true };
    canvas.dispatchEvent(new MouseEvent('mousemove', at));
    return output.textContent;
  };
  const around = [[-2, -2], [2, -2], [-2, 2], [2, 2]];
  const found = [];
  for (let y = 3; y < canvas.height - 2; y += step) {
    for (let x = 3; x < canvas.width - 2; x += step) {
      const text = read(x, y);
      const steady = careful && around.every(([dx, dy]) => read(x + dx, y + dy) === text);
      const place = 4 * (y * canvas.width + x);
      found.push([x, y, text, steady, ...pixels.data.slice(place, place + 3)]);
    }
  }
  canvas.dispatchEvent(new MouseEvent('mouseleave'));
  output.style.display = display;
  return found;
}
"""
STEADY = """
(canvas) => new Promise((resolve) => {
  let place = '', since = 0;
  const look = (now) => {
    const box = canvas.getBoundingClientRect();
    const found = `${canvas.width} ${canvas.height} ${box.left} ${box.top}`;
    if (found !== place) [place, since] = [found, now];
    now - since > 200 ? resolve() : requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})
"""
PIXELS = """
async (shown) => {
  let canvas = shown;
  if (shown instanceof HTMLImageElement) {
    await shown.decode();
    canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [shown.naturalWidth, shown.naturalHeight];
    canvas.getContext('2d').drawImage(shown, 0, 0);
  }
  const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let i = 0; i < image.data.length; i += 32768) text += String.fromCharCode(...image.data.subarray(i, i + 32768));
  return [canvas.width, canvas.height, btoa(text)];
}
"""
FILE_INPUT = "() => Object.assign(document.createElement('input'), { type: 'file' })"
TRANSFER = """
([kind, input]) => {
  const transfer = new DataTransfer();
  transfer.items.add(input.files[0]);
  const send = (event) => document.body.dispatchEvent(event);
  const how = { bubbles: true, cancelable: true };
  if (kind === 'paste') {
    send(new ClipboardEvent('paste', { ...how, clipboardData: transfer }));
    return;
  }
  send(new DragEvent('dragover', { ...how, dataTransfer: transfer }));
  send(new DragEvent('drop', { ...how, dataTransfer: transfer }));
}
"""
LARGE = 1 << 20  # bytes of a file from which on it is quicker by way of the disk, where its ending says what it is


def figure(text: str) -> float:
    """Return the number that a text on the screen stands for: its minus is a true one."""
    return float(text.replace("−", "-"))


def shown(value: float) -> str:
    """Return how a number stands on the screen: three significant digits, its minus a true one."""
    return format_number(value).replace("-", "−")


@dataclass(frozen=True)
class Spot:
    """What the readout says at one place of the grid, and the colour there; row and column are None on a dead map.

    `steady` says that the readout is the same two pixels further in every direction.
    """

    x: int
    y: int
    channel: int
    row: int | None
    column: int | None
    value: float
    low: float
    high: float
    steady: bool
    colour: tuple[int, int, int]


class Visitor:
    """One browser page at one running ConvScope."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self._folder = TemporaryDirectory(prefix="convscope-visitor-")

    # Going somewhere

    def open(self, path: str = "visualization", parameters: Mapping[str, Any] | None = None) -> Visitor:
        """Open a page of the app by its address and wait until all of it is there."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.follow(f"{self.address}/{path}{query}")

    def follow(self, link: str) -> Visitor:
        """Open a link and wait until all of the page is there."""
        self.page.goto(link)
        self.settle()
        return self

    def travel(self, path: str, parameters: Mapping[str, Any] | None = None) -> Visitor:
        """Go to a page as the way back does: the app is not loaded anew, the session goes on.

        The parameters are some of those that the page keeps in its address; it completes them.
        """
        self.page.evaluate(TRAVEL, [f"/{path}?{urlencode(parameters or {})}", PATIENCE_SECONDS])
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the page is drawn and nothing of it runs."""
        self.page.locator("h1").wait_for()
        self.page.locator(READY).wait_for()
        expect(self.page.locator(".veil"), "the page never took up drops and pastes").not_to_be_empty()

    @contextmanager
    def a_run(self) -> Iterator[None]:
        """Wait, after the block, until what was done in it has been drawn."""
        runs = self.page.evaluate(WATCH_RUNS)
        yield
        self.page.evaluate(AWAIT_RUN, [runs, PATIENCE_SECONDS])

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Return what `condition` returns once that is true."""
        end = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            assert time.monotonic() < end, f"did not happen: {what}"
            self.page.wait_for_timeout(20)

    def go_to(self, title: str) -> None:
        """Follow the link to another page of the app."""
        self.page.get_by_role("navigation", name="App pages").get_by_role("link", name=title).click()
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible()
        self.settle()

    # The address

    @property
    def parameters(self) -> dict[str, str]:
        """What stands behind the question mark of the address."""
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    def wait_for_parameters(self, **expected: object) -> None:
        """Wait until the address holds these values; None stands for none."""
        wanted = {name: None if value is None else str(value) for name, value in expected.items()}
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := {name: self.parameters.get(name) for name in wanted}) != wanted:
            assert time.monotonic() < end, f"the address says {found}, not {wanted}"
            self.page.wait_for_timeout(20)
        self.page.locator(READY).wait_for()

    # Turning

    def pick(self, group: str, option: str) -> None:
        """Choose one of the options that stand side by side."""
        self.page.get_by_role("radiogroup", name=group, exact=True).get_by_role(
            "radio", name=option, exact=True
        ).click()

    def picked(self, group: str) -> str:
        """Return which option is chosen."""
        return (
            self.page.get_by_role("radiogroup", name=group, exact=True).get_by_role("radio", checked=True).inner_text()
        )

    @property
    def backbone(self) -> Locator:
        """The choice of the backbone."""
        return self.page.get_by_role("combobox", name="Backbone")

    def choose_backbone(self, title: str) -> None:
        """Choose a backbone by its title."""
        self.backbone.click()
        self.backbone.fill(title)
        self.page.get_by_role("option", name=title, exact=True).click()

    def choose_layer(self, name: str) -> None:
        """Click a layer of the stage that is open, and wait until its maps are shown."""
        self.layer(name).click()
        self.wait_for_grid(name)

    def layer(self, name: str) -> Locator:
        """A layer in the strip."""
        return self.page.get_by_role("listbox", name="Layers of the stage").locator(f"[data-layer='{name}']")

    def stage(self, label: str) -> Locator:
        """A stage in the strip."""
        return self.page.get_by_role("listbox", name="Stages").get_by_role("option").filter(has_text=label)

    # Pictures

    def open_picture_choice(self) -> None:
        """Open the choice of the picture, unless it is open; while the page is drawn anew it is neither."""
        samples = self.page.get_by_role("group", name="Sample pictures")
        self.page.locator(READY).wait_for()
        self.page.wait_for_timeout(200)
        if not samples.is_visible():
            self.page.get_by_role("button", name="Choose a picture").click()
            samples.wait_for()

    def upload(self, name: str, content: bytes, kind: str = "image/png") -> None:
        """Choose a file as with the button for it."""
        self.open_picture_choice()
        self.page.locator("input[type=file]").set_input_files(self._file(name, content, kind))

    def drop(self, name: str, content: bytes, kind: str = "image/png") -> None:
        """Drop a file onto the page, not onto the field for it."""
        self._transfer("drop", self._file(name, content, kind))

    def paste(self, name: str, content: bytes, kind: str = "image/png") -> None:
        """Paste a file from the clipboard."""
        self._transfer("paste", self._file(name, content, kind))

    def _transfer(self, way: str, file: Path | FilePayload) -> None:
        source = self.page.evaluate_handle(FILE_INPUT).as_element()
        assert source is not None
        source.set_input_files(file)
        self.page.evaluate(TRANSFER, [way, source])

    def _file(self, name: str, content: bytes, kind: str) -> Path | FilePayload:
        if len(content) < LARGE:
            return {"name": name, "mimeType": kind, "buffer": content}
        path = Path(self._folder.name) / name
        path.write_bytes(content)
        return path

    @property
    def sidebar(self) -> Locator:
        """Where picture and backbone stand on every page."""
        return self.page.get_by_role("region", name="Sidebar")

    @property
    def main(self) -> Locator:
        """The page itself."""
        return self.page.get_by_role("main")

    # The grid

    @property
    def grid(self) -> Locator:
        """The canvas with the maps."""
        return self.page.locator("canvas.maps")

    @property
    def enlarged(self) -> Locator:
        """The canvas with the chosen map alone."""
        return self.page.locator("canvas.large")

    @property
    def readout(self) -> Locator:
        """What is said of the place under the pointer."""
        return self.page.locator(".st-key-visualization-grid output")

    def wait_for_grid(self, layer: str, page: int = 1) -> None:
        """Wait until the maps of a layer are on the screen and nothing runs any more."""
        expect(self.grid).to_have_attribute("data-shown", f"{layer}/{page}")
        self.page.locator(READY).wait_for()
        self.grid.evaluate(STEADY)

    def wait_for_channel(self, layer: str, channel: int) -> None:
        """Wait until a channel is shown enlarged and nothing runs any more."""
        expect(self.enlarged).to_have_attribute("data-shown", f"{layer}/{channel}")
        self.page.locator(READY).wait_for()
        self.enlarged.evaluate(STEADY)

    def scan(self, step: int, careful: bool = False) -> list[Spot]:
        """Move the pointer over the whole grid and return what is read, every `step` pixels across and down.

        A step below `SMALLEST_CELL` meets every map. Only a careful scan finds out which places are steady.
        """
        spots = []
        for x, y, text, steady, *colour in self.grid.evaluate(SCAN, [step, careful]):
            if found := CELL.fullmatch(text):
                channel, row, column = (int(number) for number in found.groups()[:3])
                value, low, high = (figure(text) for text in found.groups()[3:])
                spots.append(Spot(x, y, channel, row, column, value, low, high, steady, tuple(colour)))
            elif found := DEAD_CELL.match(text):
                spots.append(Spot(x, y, int(found[1]), None, None, 0.0, 0.0, 0.0, steady, tuple(colour)))
        return spots

    def place_of(self, channel: int, step: int = 15) -> dict[str, float]:
        """Return the middle of a map in the grid, scrolled to, in pixels from the grid's corner."""
        spots = [spot for spot in self.scan(step) if spot.channel == channel]
        assert spots, f"channel {channel} is not on this page of the grid"
        return {axis: sorted(getattr(spot, axis) for spot in spots)[len(spots) // 2] for axis in "xy"}

    def click_channel(self, channel: int) -> None:
        """Click a map in the grid."""
        self.grid.click(position=self.place_of(channel))

    def pixels(self, canvas: Locator) -> NDArray[np.uint8]:
        """Return what a canvas shows, or an image has, uint8 (height, width, 4)."""
        width, height, content = canvas.evaluate(PIXELS)
        return np.frombuffer(base64.b64decode(content), np.uint8).reshape(height, width, 4)

    # Taking along

    def download(self, label: str) -> Path:
        """Return the file that a button of the downloads hands out."""
        button = self.page.get_by_role("button", name=label)
        if not button.is_visible():
            self.page.get_by_role("button", name="Download and share").click()
        with self.page.expect_download() as arriving:
            button.click()
        arrived: Download = arriving.value
        return arrived.path()

    def state(self) -> dict[str, Any]:
        """Return what makes up the view: address, readable text, and what the two main canvases show."""
        return {
            "address": self.parameters,
            "text": re.sub(r"\s+", " ", self.main.inner_text()),
            "grid": self.pixels(self.grid).tobytes(),
            "channel": self.pixels(self.enlarged).tobytes(),
            "strip": json.loads(json.dumps(self.page.locator("[role=option][aria-selected=true]").all_inner_texts())),
        }
