"""The arithmetic of a cell in the browser: what is on the screen adds up wherever the window slides."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.expected import UNTRAINED, maps
from tests.browser.visitor import EXACT_CELL, Visitor, figure

LAYER = "stage2.block1.conv1.conv"
VIEW = {"backbone": "tiny_resnet", **UNTRAINED, "section": "cell", "layer": LAYER, "channel": 5, "row": 6, "column": 7}
SIDE = 32  # cells of the maps of this layer
SCREEN = """
(board) => {
  const text = (row) => row.querySelector('.number').textContent;
  const rows = [...board.querySelectorAll('.row')].map(text);
  const steps = [...board.querySelectorAll('.step b')].map((result) => result.textContent);
  return [board.getRootNode().querySelector('output').textContent, rows, steps];
}
"""


def number(text: str) -> float:
    return figure(text.removeprefix("= "))


def assert_adds_up(visitor: Visitor, row: int, column: int) -> None:
    """Check all numbers on the screen against the tensors, and against each other."""
    said, rows, steps = visitor.page.locator(".st-key-visualization-arithmetic .board").evaluate(SCREEN)
    truth = float(maps(LAYER)[5, row, column])
    place = EXACT_CELL.search(said.replace("−", "-"))
    assert place is not None
    assert (int(place[1]), int(place[2])) == (row, column)
    assert float(place[3]) == pytest.approx(truth, rel=1e-4)
    *terms, total = (number(text) for text in rows)
    decimals = len(rows[-1].partition(".")[2])
    assert sum(terms) == pytest.approx(total, abs=0.5 * 10**-decimals * (len(terms) + 1))
    assert total == pytest.approx(truth, abs=0.51 * 10**-decimals)
    chain = [
        float(maps(LAYER.replace(".conv1.conv", f".conv1.{part}"))[5, row, column]) for part in ("conv", "norm", "relu")
    ]
    assert [number(text) for text in steps] == pytest.approx(chain, rel=1e-4, abs=1e-9)


def test_the_numbers_follow_the_window_and_a_click_takes_the_cell(visitor: Visitor) -> None:
    visitor.open("visualization", VIEW)
    view = visitor.page.locator(".st-key-visualization-arithmetic")
    output = view.locator("canvas.result")
    expect(output).to_have_attribute("data-shown", re.compile(r"^5/6/7/"))
    output.scroll_into_view_if_needed()
    assert_adds_up(visitor, 6, 7)
    box = output.bounding_box()
    assert box is not None
    cell = box["width"] / SIDE
    for row, column in [(0, 0), (31, 31), (20, 3)]:
        output.hover(position={"x": (column + 0.5) * cell, "y": (row + 0.5) * cell})
        expect(view.locator("output")).to_contain_text(f"row {row}, column {column}:")
        assert_adds_up(visitor, row, column)
    output.click(position={"x": 3.5 * cell, "y": 20.5 * cell})
    visitor.wait_for_parameters(row=20, column=3)
    expect(output).to_have_attribute("data-shown", re.compile(r"^5/20/3/"))
    assert_adds_up(visitor, 20, 3)
    output.press("ArrowDown")
    output.press("ArrowLeft")
    visitor.wait_for_parameters(row=21, column=2)
    expect(output).to_have_attribute("data-shown", re.compile(r"^5/21/2/"))
    assert_adds_up(visitor, 21, 2)


def test_terms_are_paged_and_chosen_and_the_window_slides_by_itself(visitor: Visitor) -> None:
    visitor.open("visualization", VIEW)
    view = visitor.page.locator(".st-key-visualization-arithmetic")
    view.get_by_role("button", name="Smaller contributions").click()
    visitor.wait_for_parameters(contributions=2)
    expect(view.locator(".page")).to_contain_text("2 of 3")
    assert_adds_up(visitor, 6, 7)
    terms = view.locator("button.row")
    terms.nth(3).click()
    expect(terms.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(view.locator(".input .title")).to_have_text(terms.nth(3).locator(".name").inner_text())
    play = view.locator(".play")
    play.click()
    expect(view.locator("output")).not_to_contain_text("row 6, column 7:")
    play.click()
    visitor.wait_for(lambda: "row=6&column=7&" not in visitor.page.url, "the place where it stopped is in the address")
    row, column = (int(visitor.parameters[name]) for name in ("row", "column"))
    expect(view.locator("canvas.result")).to_have_attribute("data-shown", re.compile(rf"^5/{row}/{column}/"))
    assert_adds_up(visitor, row, column)
