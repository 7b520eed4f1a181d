"""The first page on the screen, beside that of an empty Streamlit app, with nothing in the browser's cache."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.benchmarks.harness import Pairs, Row
from tests.benchmarks.rigs.browser import IDLE, launch, times_to_screen
from tests.benchmarks.rigs.servers import convscope, empty_app

TOPIC = "main_job"
BOUND = "<= 1.6"
PAIRS, WARM_UP = 8, 1
COLD_PAIRS = 5
MAPS = "Boolean(bench.find('canvas.maps')?.dataset.shown)"
NAVIGATION = "document.querySelectorAll('[data-testid=stSidebarNavLink]').length >= 5"
PICTURE = "bench.visible('[data-testid=stSidebar] [data-testid=stImage] img')"
FRAME = f"bench.visible('h1') && {PICTURE} && {NAVIGATION}"
OURS = {"visible": FRAME, "maps": MAPS, "finished": f"{FRAME} && {MAPS} && {IDLE}"}
TEXT = "bench.visible('h1') && bench.visible('[data-testid=stText]')"
EMPTY = {"visible": TEXT, "finished": f"{TEXT} && {IDLE}"}
VISIBLE = "title, picture and navigation of / to title and text of an empty app"

Times = dict[str, float]


def measure() -> list[Row]:
    """Return the ratios to the empty app, with warm servers and with servers that have only just started."""
    with launch() as browser:
        warm, cold = _warm(browser), [_cold(browser) for _ in range(COLD_PAIRS)]
    return [*_rows("first_page", warm, "warm servers"), *_rows("first_page_cold", cold, "servers just started")]


def _warm(browser: Browser) -> list[tuple[Times, Times]]:
    with empty_app() as empty, convscope() as ours:
        pairs = [
            (times_to_screen(browser, empty.address, EMPTY), times_to_screen(browser, f"{ours.address}/", OURS))
            for _ in range(WARM_UP + PAIRS)
        ]
    return pairs[WARM_UP:]


def _cold(browser: Browser) -> tuple[Times, Times]:
    with empty_app() as empty:
        theirs = times_to_screen(browser, empty.address, EMPTY)
    with convscope() as ours:
        return theirs, times_to_screen(browser, f"{ours.address}/", OURS)


def _rows(name: str, pairs: list[tuple[Times, Times]], state: str) -> list[Row]:
    return [
        _row(name, pairs, "visible", "visible", f"{VISIBLE}; {state}, counted from navigation", BOUND),
        _row(f"{name}_finished", pairs, "finished", "finished", f"script ended and maps painted; {state}"),
        _row(f"{name}_maps", pairs, "maps", "visible", f"activation grid painted to text of an empty app; {state}"),
    ]


def _row(name: str, times: list[tuple[Times, Times]], ours: str, theirs: str, note: str, bound: str = "") -> Row:
    pairs = Pairs(tuple(empty[theirs] for empty, _ in times), tuple(found[ours] for _, found in times))
    text = f"{note}; {pairs.describe()}"
    return Row(topic=TOPIC, name=name, value=pairs.ratio, unit="ratio", versus="an empty app", bound=bound, note=text)
