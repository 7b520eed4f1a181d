"""The way that a teacher narrates, from picture to layer to channel to cell, by mouse and by keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.expected import UNTRAINED
from tests.browser.visitor import Visitor

LAYER, SIDE = "stage3.block1.relu", 16
LARGE = "canvas.large"


def test_from_layer_to_channel_to_cell_and_back(visitor: Visitor) -> None:
    visitor.open("visualization", {**UNTRAINED, "backbone": "tiny_resnet", "layer": LAYER, "channel": 9})
    large = visitor.page.locator(LARGE)
    expect(large).to_have_attribute("data-shown", f"{LAYER}/9")
    box = large.bounding_box()
    assert box is not None
    large.click(position={"x": 4.5 * box["width"] / SIDE, "y": 2.5 * box["height"] / SIDE})
    visitor.wait_for_parameters(section="cell", row=2, column=4, channel=9, layer=LAYER)
    expect(visitor.page.locator("canvas.cells")).to_have_attribute("data-shown", f"{LAYER}/9/2/4")
    visitor.pick("Section", "One channel")
    visitor.wait_for_parameters(section="channel", channel=9)
    visitor.page.get_by_role("button", name="What its strongest cell sees").click()
    visitor.wait_for_parameters(section="cell")
    visitor.pick("Section", "Maps")
    visitor.wait_for_parameters(section="maps", channel=9, layer=LAYER)
    expect(large).to_have_attribute("data-shown", f"{LAYER}/9")
    large.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):  # the first one only shows where one is
        visitor.page.keyboard.press(key)
    visitor.wait_for_parameters(section="cell", row=1, column=1)
