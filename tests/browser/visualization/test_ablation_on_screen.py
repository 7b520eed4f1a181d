"""Clicks silence channels: on a map, on a bar, by the keyboard, and as fast as a person can click."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.expected import UNTRAINED
from tests.browser.visitor import Visitor

LAYER = "stage4.block1.relu"


def test_every_click_silences_a_channel_or_restores_it(visitor: Visitor) -> None:
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": LAYER, "section": "knockout"})
    expect(visitor.grid).to_have_attribute("data-shown", f"{LAYER}/1")
    for channel in range(6):
        visitor.grid.click(position={"x": 20 + 48 * channel, "y": 20})  # faster than the server answers
    visitor.wait_for_parameters(silenced="0-5")
    visitor.grid.click(position={"x": 20 + 48 * 2, "y": 20})
    visitor.wait_for_parameters(silenced="0-1,3-5", channel=2)
    visitor.page.keyboard.press("ArrowLeft")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_parameters(silenced="0,3-5", channel=1)
    bar = visitor.page.locator("section button[data-channel]").first
    channel = int(bar.get_attribute("data-channel") or "")
    pressed = bar.get_attribute("aria-pressed")
    bar.click()
    chosen = {0, 3, 4, 5} ^ {channel}
    visitor.wait_for(lambda: visitor.parameters.get("channel") == str(channel), "the bar's channel is chosen")
    expect(bar).to_have_attribute("aria-pressed", "false" if pressed == "true" else "true")
    expect(visitor.main).to_contain_text(f"{len(chosen)} of 176 channels silenced")
    visitor.page.get_by_role("button", name="Restore all").click()
    visitor.wait_for_parameters(silenced=None)
