"""From a click on a layer to all its pixels, beside an empty Streamlit app's answer to a click."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from tests.benchmarks.harness import Pairs, Row, paired
from tests.benchmarks.rigs.browser import click_to_pixels, launch, open_page, settle
from tests.benchmarks.rigs.servers import convscope, empty_app
from tests.benchmarks.rigs.visitors import Visitor, at_once, visitors
from tests.servers import Server

TOPIC = "main_job"
PAIRS, WARM_UP = 20, 4
BUSY_PAIRS, BUSY_WARM_UP = 12, 2
SESSIONS = 20
BUSY_BOUND = "<= 4"
CANVASES = ("maps", "large")
SEEDS = ("1", "2", "3", "4")  # several networks, so that passes can run at once, and more results than the cache holds
DELAYS = (0.15, 0.35, 0.55)  # seconds from the twenty requests to the click, in turn
LAYERS_AT_LEAST = 4  # the browser keeps what the last two runs sent; a layer must come back later than that
SHOWN = "bench.find('canvas.maps')?.dataset.shown && bench.find('canvas.large')?.dataset.shown"


@dataclass(frozen=True)
class Case:
    """Layers of one shape between which is changed: those of the stage that holds `layer`."""

    name: str
    backbone: str
    layer: str
    bound: str


USUAL = Case("resnet18_64x56x56", "resnet18", "layer1.1.relu_1", "<= 2")
CASES = (
    Case("tiny_resnet", "tiny_resnet", "", "<= 2"),
    USUAL,
    Case("resnet18_512x7x7", "resnet18", "layer4.1.relu_1", "<= 3"),
    Case("vgg16_512x28x28", "vgg16", "features.22", "<= 3"),
)


def measure() -> Iterator[Row]:
    """Return the ratios to the empty app, first with the server to oneself, then beside twenty others."""
    with launch() as browser, empty_app() as empty:
        counter = Counter(open_page(browser, empty.address, "bench.visible('[data-testid=stText]')"))
        with convscope() as server:
            for case in CASES:
                yield _alone(browser, server, counter, case)
        yield from _busy(browser, counter)


@dataclass
class Counter:
    """The empty app in the browser."""

    page: Page
    clicks: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def click(self) -> float:
        """Return the milliseconds from a click until the changed text is on the screen."""
        target = "document.querySelector('[data-testid=stButton] button')"
        text = f"clicks: {next(self.clicks)}"
        done = f"document.querySelector('[data-testid=stText]').textContent.trim() === '{text}'"
        milliseconds = click_to_pixels(self.page, target, done)
        settle(self.page)
        return milliseconds


@dataclass
class Explorer:
    """The Visualization page in the browser, and the layers of one shape, in turn."""

    page: Page
    layers: Iterator[str]

    def click(self) -> float:
        """Return the milliseconds from a click on the next layer until its maps and its channel are painted."""
        layer = next(self.layers)
        done = " && ".join(
            f"bench.find('canvas.{name}').dataset.shown.startsWith('{layer}/')" for name in ("maps", "large")
        )
        milliseconds = click_to_pixels(self.page, f"bench.find(`button[data-layer='{layer}']`)", done)
        settle(self.page)
        return milliseconds


def address_of(server: Server, backbone: str, layer: str = "", picture: str = "chelsea") -> str:
    """Return the deep link to a layer; to the one that the page chooses where none is named."""
    parameters = {"picture": picture, "backbone": backbone, "weights": "untrained", "seed": "0", "fit": "crop"}
    return f"{server.address}/visualization?{urlencode(parameters | ({'layer': layer} if layer else {}))}"


def open_explorer(browser: Browser, server: Server, case: Case) -> Explorer:
    """Return the Visualization page at a layer of `case`, and all layers of that shape, in turn."""
    page = open_page(browser, address_of(server, case.backbone, case.layer), SHOWN)
    buttons: list[list[str]] = page.evaluate(
        """() => Array.from(bench.find('.layers').querySelectorAll('button'), (button) =>
             [button.dataset.layer, button.querySelector('small').textContent.split(' ').pop(), button.ariaSelected])"""
    )
    shape = next(shape for _, shape, selected in buttons if selected == "true")
    layers = [name for name, found, _ in buttons if found == shape]
    if len(layers) < LAYERS_AT_LEAST:
        raise RuntimeError(f"{case.name} needs {LAYERS_AT_LEAST} layers of the same shape, not {layers}")
    return Explorer(page, itertools.cycle(layers))


def _alone(browser: Browser, server: Server, counter: Counter, case: Case) -> Row:
    explorer = open_explorer(browser, server, case)
    pairs = paired(counter.click, explorer.click, PAIRS, WARM_UP)
    explorer.page.context.close()
    return _row(f"layer_change_{case.name}", pairs, case.bound)


@dataclass
class Crowd:
    """Twenty other sessions, which can all ask at once for something that takes a forward pass each."""

    sessions: list[Visitor]
    passes: Path
    links: Iterator[dict[str, str]] = field(default_factory=lambda: itertools.cycle(_links()))
    delays: Iterator[float] = field(default_factory=lambda: itertools.cycle(DELAYS))
    running: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    def around(self, click: Callable[[], float]) -> float:
        """Return what `click` gives while the sessions wait; note how many passes and sessions it ran beside."""
        before = len(self._passes())
        links = list(itertools.islice(self.links, len(self.sessions)))
        asked = time.monotonic()
        with at_once(self.sessions, links) as visits:
            time.sleep(next(self.delays))
            begin = time.monotonic()
            milliseconds = click()
        end = begin + milliseconds / 1000
        passes = self._passes()[before:]
        if len(passes) < len(links):
            raise RuntimeError(f"only {len(passes)} forward passes for {len(links)} sessions")
        self.running.append(sum(start < end and stop > begin for start, stop in passes))
        self.waiting.append(sum(asked + visit.result().seconds > end for visit in visits))
        return milliseconds

    def describe(self) -> str:
        """Return what went on beside the clicks, in words."""
        running, waiting = statistics.median(self.running), statistics.median(self.waiting)
        return (
            f"during a click {running:.0f} forward passes were under way or waited for their turn; "
            f"at its end {waiting:.0f} of the {len(self.sessions)} sessions still waited for their page"
        )

    def _passes(self) -> list[tuple[float, float]]:
        lines = self.passes.read_text(encoding="ascii").splitlines()
        return [(float(begin), float(end)) for begin, end in map(str.split, lines)]


def _links() -> list[dict[str, str]]:
    """Return links that each take a forward pass: together they are more than the cache of activations holds."""
    from core.datasets.sample_images import SAMPLES

    pictures = [name for name in SAMPLES if name != "chelsea"]
    return [_link(*choices) for choices in itertools.product(pictures, ("crop", "letterbox"), SEEDS)]


def _link(picture: str, fit: str, seed: str) -> dict[str, str]:
    return {"picture": picture, "backbone": USUAL.backbone, "weights": "untrained", "seed": seed, "fit": fit}


def _busy(browser: Browser, counter: Counter) -> Iterable[Row]:
    program = ("-m", "tests.benchmarks.rigs.counted_server")
    with tempfile.TemporaryDirectory() as folder:
        passes = Path(folder) / "passes.txt"
        with (
            convscope({"CONVSCOPE_PASSES": str(passes)}, program) as server,
            visitors(server.address, SESSIONS) as sessions,
        ):
            explorer = open_explorer(browser, server, USUAL)
            for seed in SEEDS:  # one after the other, so that the networks are there before the passes are counted
                sessions[0].visit(_link("chelsea", "crop", seed))
            crowd, crowd_of_empty = Crowd(sessions, passes), Crowd(sessions, passes)
            crowd_of_empty.links = crowd.links
            quiet, ours, theirs = zip(
                *(
                    (counter.click(), crowd.around(explorer.click), crowd_of_empty.around(counter.click))
                    for _ in range(BUSY_WARM_UP + BUSY_PAIRS)
                ),
                strict=True,
            )
            explorer.page.context.close()
    quiet, ours, theirs = (side[BUSY_WARM_UP:] for side in (quiet, ours, theirs))
    name = f"layer_change_beside_{SESSIONS}"
    yield _row(name, Pairs(quiet, ours), BUSY_BOUND, crowd.describe(), "a click in an empty app, nobody else there")
    yield _row(f"{name}_both", Pairs(theirs, ours), versus="a click in an empty app beside the same load")


def _row(name: str, pairs: Pairs, bound: str = "", note: str = "", versus: str = "a click in an empty app") -> Row:
    text = "; ".join(part for part in (pairs.describe(), note) if part)
    return Row(topic=TOPIC, name=name, value=pairs.ratio, unit="ratio", versus=versus, bound=bound, note=text)
