"""Evidence at the browser: values under the pointer, colours that are core's, and a square that can be dragged."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from core.datasets.sample_images import sample
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.attribution.base import AttributionRequest, last_map_layer
from core.visualization.attribution.drawing import overlay
from core.visualization.attribution.insertion_deletion import enlarge_map
from core.visualization.attribution.methods import attribute
from core.visualization.attribution.occlusion import OcclusionPatch, cover
from tests.browser.expected import UNTRAINED, activations, backbone
from tests.browser.visitor import Visitor, figure

NAME = "tiny_resnet"
VIEW = ".st-key-evidence-view"


def request(*targets: int) -> AttributionRequest:
    made, seen = backbone(NAME), activations(NAME)
    pixels = to_array(fit_to_input(sample("chelsea"), made.preprocessing).image, made.preprocessing)
    layer = last_map_layer(seen).name
    return AttributionRequest(backbone=made, batch=pixels, targets=targets, layer=layer, activations=seen)


def test_the_maps_are_cores_and_are_read_under_the_pointer(visitor: Visitor) -> None:
    best, second = (int(index) for index in np.argsort(-activations(NAME).logits)[:2])
    link = {**UNTRAINED, "backbone": NAME, "section": "evidence", "class": best, "against": second, "overlay": 100}
    visitor.open("visualization", link)
    found = attribute(request(best, second), "grad_cam")
    canvases = visitor.page.locator(f"{VIEW} figure canvas")
    expect(canvases).to_have_count(3)
    expect(visitor.page.locator(f"{VIEW} .panels")).to_have_attribute("data-shown", re.compile("^Picture/"))
    image = fit_to_input(sample("chelsea"), backbone(NAME).preprocessing).image
    for index, target in enumerate((best, second), 1):
        if not found.has_positive(target):
            expect(visitor.page.locator(f"{VIEW} .message").nth(index)).to_contain_text("No positive evidence")
            continue
        shown = visitor.pixels(canvases.nth(index))[..., :3].astype(float)
        drawn = overlay(image, found.of(target), found.range, found.signed, 1.0).resize(shown.shape[1::-1])
        assert np.abs(shown - np.asarray(drawn, float)).mean() < 4
    box = canvases.nth(1).bounding_box()
    assert box is not None
    canvases.nth(1).hover(position={"x": box["width"] * 0.3, "y": box["height"] * 0.6})
    said = visitor.page.locator(f"{VIEW} output").last
    expect(said).to_contain_text("row 38, column 19:")
    read = said.inner_text().split(": ")[1].split(" · ")
    values = [enlarge_map(found.of(target), (640, 640))[384, 192] for target in (best, second)]
    for text, value, target in zip(read, values, (best, second), strict=True):
        if found.has_positive(target):
            assert figure(text) == pytest.approx(float(value), rel=0.05, abs=found.range[1] * 0.01)


def test_the_square_can_be_dragged_and_sized(visitor: Visitor) -> None:
    visitor.open("visualization", {**UNTRAINED, "backbone": NAME, "section": "evidence", "method": "occlusion"})
    canvas = visitor.page.locator(f"{VIEW} canvas[role=application]")
    expect(canvas).to_have_attribute("data-shown", "24,24,16")  # in the middle
    box = canvas.bounding_box()
    assert box is not None
    pixel = box["width"] / 64
    mouse = visitor.page.mouse
    mouse.move(box["x"] + 30 * pixel, box["y"] + 30 * pixel)
    mouse.down()
    mouse.move(box["x"] + 40 * pixel, box["y"] + 14 * pixel, steps=4)
    mouse.up()
    expect(canvas).to_have_attribute("data-shown", "8,34,16")
    visitor.wait_for_parameters(covered="125-531", patch=25)
    asked = request(int(activations(NAME).logits.argmax()))
    settings = {"cover": "grey"}
    after = cover(asked, settings, OcclusionPatch(8, 34, 16)).probabilities[asked.targets[0]]
    expect(visitor.page.locator(f"{VIEW} output").first).to_contain_text(f"→ {100 * after:.1f} %")
    canvas.focus()
    for _ in range(2):
        visitor.page.keyboard.press("+")
    visitor.wait_for_parameters(patch=31)
    expect(canvas).to_have_attribute("data-shown", "8,34,20")
