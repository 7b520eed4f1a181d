"""Networks race in a real browser: live curves, pause, step, stop, another page meanwhile, and what is taken along."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visits
from tests.browser.visitor import Visitor, figure
from tests.browser.visits import LONG

MOONS = {"on": "network", "task": "moons", "rates": "same", "lr": "0.05", "updates": "40", "optimizers": "sgd,adam"}
ALL = "sgd,momentum,nesterov,adagrad,rmsprop,adam"
ENDLESS = {**MOONS, "updates": "2000", "seeds": "5", "optimizers": ALL}  # stopped by the test, never at its end
BOTH = ((0, 114, 178), (213, 94, 0))  # the colours of the classes


def chart(visitor: Visitor) -> Locator:
    return visitor.page.locator("canvas.chart").first


def counted(visitor: Visitor) -> int:
    """Return how often the curves have been drawn."""
    return int(chart(visitor).get_attribute("data-paints") or 0)


def lines(visitor: Visitor) -> list[dict[str, Any]]:
    """Return what the chart shows: for each line its title, its steps and its values."""
    found: list[dict[str, Any]] = chart(visitor).evaluate(
        """(canvas) => canvas.training.series.map((one, k) => {
          const title = canvas.training.head.series[k].title;
          return { title, steps: Array.from(one.steps), values: Array.from(one.middle) };
        })"""
    )
    return found


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def progress(visitor: Visitor) -> Locator:
    return visitor.page.get_by_test_id("stMain").get_by_test_id("stProgress")


def finish(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("heading", name="What happened")).to_be_visible(timeout=LONG)
    visitor.settle()


@pytest.fixture(scope="module")
def raced(shared_visits: Visits) -> Visitor:
    """A visitor who has seen a short race to its end."""
    visitor = shared_visits.visitor().open("optimizer_race", MOONS)
    press(visitor, "Start")
    finish(visitor)
    return visitor


def test_curves_grow_while_it_trains_and_the_race_is_paused_stepped_resumed_and_stopped(visits: Visits) -> None:
    visitor = visits.visitor().open("optimizer_race", ENDLESS)
    expect(progress(visitor)).to_contain_text("Ready")
    press(visitor, "Start")
    expect(progress(visitor)).to_contain_text(re.compile(r"step \d+ of 2000"), timeout=LONG)
    length = visitor.wait_for(lambda: len(lines(visitor)[0]["steps"]), "the first values", LONG / 1000)
    chart(visitor).evaluate("(canvas) => { canvas.dataset.mark = 'the same'; }")
    visitor.wait_for(lambda: len(lines(visitor)[0]["steps"]) > length, "further values", LONG / 1000)
    expect(chart(visitor)).to_have_attribute("data-mark", "the same")  # drawn anew, not made anew: no flicker
    expect(visitor.page).to_have_url(re.compile("job="))
    press(visitor, "Pause")
    expect(progress(visitor)).to_contain_text("paused")
    visitor.page.wait_for_timeout(600)
    last = lines(visitor)[0]["steps"][-1]
    visitor.page.wait_for_timeout(600)
    assert lines(visitor)[0]["steps"][-1] == last
    press(visitor, "One step")
    visitor.wait_for(lambda: lines(visitor)[0]["steps"][-1] > last, "one step more", LONG / 1000)
    press(visitor, "Go on")
    visitor.wait_for(lambda: lines(visitor)[0]["steps"][-1] > last + 5, "more steps", LONG / 1000)
    press(visitor, "Stop")
    finish(visitor)
    expect(progress(visitor)).to_contain_text("what there is so far is kept")
    assert "job=" not in visitor.page.url
    press(visitor, "Reset")
    expect(visitor.page.get_by_role("heading", name="What happened")).to_have_count(0)
    expect(progress(visitor)).to_contain_text("Ready")


def test_the_view_changes_and_another_page_is_visited_without_losing_the_race(visits: Visits) -> None:
    visitor = visits.visitor().open("optimizer_race", ENDLESS)
    press(visitor, "Start")
    expect(progress(visitor)).to_contain_text(re.compile(r"step \d+ of 2000"), timeout=LONG)
    visitor.page.get_by_role("radio", name="Held-out accuracy").or_(
        visitor.page.get_by_role("button", name="Held-out accuracy")
    ).first.click()
    visitor.wait_for(lambda: chart(visitor).evaluate("(canvas) => canvas.training.head.isShare"), "the accuracy")
    visitor.page.get_by_role("link", name="Architectures").click()
    expect(visitor.page.get_by_role("heading", name="Architectures", level=1)).to_be_visible()
    beside = visitor.page.get_by_test_id("stSidebar").get_by_test_id("stProgress")
    expect(beside).to_contain_text("Two moons, seed 0")
    visitor.page.get_by_role("link", name="Optimizer race").click()
    visitor.page.get_by_text("Surfaces", exact=True).click()
    expect(beside).to_contain_text("Two moons, seed 0")
    visitor.page.get_by_role("link", name="Architectures").click()
    press(visitor, "Go there")
    expect(progress(visitor)).to_contain_text(re.compile(r"step \d+ of 2000"))
    visitor.wait_for(lambda: len(lines(visitor)[0]["steps"]) > 1, "the curves", LONG / 1000)
    press(visitor, "Stop")
    finish(visitor)


def test_results_are_told_in_words_and_numbers_and_can_be_taken_along(raced: Visitor, tmp_path: Path) -> None:
    page = raced.page
    expect(page.get_by_text("ends with the highest held-out accuracy")).to_be_visible()
    table = page.locator("table.results")
    expect(table.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Download and share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Curves as CSV").click()
    download.value.save_as(tmp_path / "race.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "race.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 2 * 41
    assert {row["optimizer"] for row in rows} == {"sgd", "adam"}
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    download.value.save_as(tmp_path / "race.png")
    with Image.open(tmp_path / "race.png") as picture:
        assert picture.format == "PNG"
        assert picture.width == chart(raced).evaluate("(canvas) => canvas.width")
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10


def test_curves_are_read_by_pointing_and_by_keyboard_and_can_be_hidden(raced: Visitor) -> None:
    page = raced.page
    planes = page.locator(".planes canvas")
    expect(planes).to_have_count(2)
    pixels = raced.pixels(planes.first)
    blue, orange = ((abs(pixels[..., :3].astype(int) - colour).sum(axis=2) < 60).mean() for colour in BOTH)
    assert min(blue, orange) > 0.003, "points of both classes"
    output = page.locator("output").last
    expect(output).to_contain_text("Point at the curves")
    box = chart(raced).bounding_box()
    assert box is not None
    chart(raced).hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(output).to_contain_text(re.compile(r"At step (1|2)\d"))
    buttons = page.locator(".legend button")
    first = lines(raced)[0]
    pointed = int((output.text_content() or "").split()[-1])
    shown = (buttons.first.locator("b").text_content() or "").strip()
    assert figure(shown) == pytest.approx(first["values"][first["steps"].index(pointed)], rel=0.01)
    chart(raced).focus()
    page.keyboard.press("ArrowLeft")
    expect(output).to_contain_text(f"At step {pointed - 1}")
    page.keyboard.press("Escape")
    expect(output).to_contain_text("Point at the curves")
    before = raced.pixels(chart(raced))
    buttons.first.click()
    expect(buttons.first).to_have_attribute("aria-pressed", "false")
    assert (raced.pixels(chart(raced)) != before).any()
    buttons.first.click()
    expect(buttons.first).to_have_attribute("aria-pressed", "true")


def test_a_kept_race_lies_faded_under_the_next(raced: Visitor) -> None:
    press(raced, "Keep this race")
    raced.settle()
    press(raced, "Start")
    expect(raced.page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()
    raced.wait_for(
        lambda: len(lines(raced)) == 4 and len(lines(raced)[0]["steps"]) == 40, "the second race", LONG / 1000
    )
    finish(raced)
    titles = [line["title"] for line in lines(raced)]
    assert titles[2:] == ["Two moons 1 · Gradient descent", "Two moons 1 · Adam"]
    assert lines(raced)[0]["values"] == lines(raced)[2]["values"]


def test_loading_the_page_anew_says_that_the_race_was_interrupted(visits: Visits) -> None:
    visitor = visits.visitor().open("optimizer_race", ENDLESS)
    press(visitor, "Start")
    expect(visitor.page).to_have_url(re.compile("job="), timeout=LONG)
    visitor.page.reload()
    expect(visitor.page.get_by_text("it was interrupted")).to_be_visible(timeout=LONG)
    expect(visitor.page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
