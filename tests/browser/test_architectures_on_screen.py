"""The Architectures page in a browser: backbones open by a click, blocks unfold, a layer leads to its maps."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from core.architectures.zoo.backbones import BACKBONES
from core.i18n import grouped
from tests.browser.expected import UNTRAINED
from tests.browser.visitor import Visitor
from tests.browser.visits import LONG

POINT = """
([plot, name]) => {
  for (const [number, trace] of plot.data.entries()) {
    const at = (trace.customdata || []).indexOf(name);
    if (at < 0) continue;
    const { xaxis, yaxis, margin } = { ...plot._fullLayout, margin: plot._fullLayout._size };
    const box = plot.getBoundingClientRect();
    return [box.left + margin.l + xaxis.d2p(trace.x[at]), box.top + margin.t + yaxis.d2p(trace.y[at])];
  }
}
"""


def board(visitor: Visitor) -> Locator:
    return visitor.page.locator(".board")


def place(visitor: Visitor, name: str) -> list[float]:
    plot = visitor.page.locator(".js-plotly-plot").first
    plot.locator(".main-svg").first.wait_for()
    found: list[float] = visitor.page.evaluate(POINT, [plot.element_handle(), name])
    return found


def test_a_click_on_the_map_opens_a_backbone(visitor: Visitor) -> None:
    visitor.open("architectures", {"backbone": "tiny_resnet"})
    visitor.settle()
    visitor.page.mouse.click(*place(visitor, "squeezenet1_1"))
    expect(visitor.main.get_by_role("heading", name="SqueezeNet 1.1 · 2016")).to_be_visible()
    expect(visitor.backbone).to_have_value(BACKBONES["squeezenet1_1"].title)
    visitor.wait_for_parameters(part="network", backbone="squeezenet1_1")


def test_blocks_unfold_to_their_layers_and_a_layer_shows_its_figures(visitor: Visitor) -> None:
    visitor.open("architectures", {"part": "network", "backbone": "resnet18", **UNTRAINED})
    expect(board(visitor).get_by_role("button", name="conv2", exact=False).first).to_be_visible()
    skips = visitor.page.locator(".board path.skip")
    expect(skips).to_have_count(1)  # of the one block that is open
    drawn: list[Any] = visitor.page.locator(".board path").all()
    board(visitor).get_by_role("button", name="▸ 1", exact=False).first.click()
    expect(skips).to_have_count(2)
    assert len(visitor.page.locator(".board path").all()) > len(drawn)
    board(visitor).locator("[data-name='layer1.0.conv1']").click()
    detail = visitor.page.locator(".st-key-layer-detail")
    expect(detail).to_contain_text(f"3×3×64×64 = {grouped(36864)}")
    visitor.wait_for_parameters(of_layer="layer1.0.conv1")
    detail.get_by_role("button", name="See its maps").click()
    visitor.wait_for_grid("layer1.0.conv1")


def test_the_diagram_is_used_by_the_keyboard(visitor: Visitor) -> None:
    visitor.open("architectures", {"part": "network", "backbone": "tiny_vgg", **UNTRAINED})
    stage = board(visitor).locator("[data-name='stage 2']")
    stage.focus()
    visitor.page.keyboard.press("Enter")
    expect(stage).to_have_attribute("aria-expanded", "true")
    expect(stage).to_be_focused()
    board(visitor).locator("[data-name='stage2.pool']").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".st-key-layer-detail")).to_contain_text("stage2.pool")


def test_another_input_size_moves_every_shape(visitor: Visitor) -> None:
    visitor.open("architectures", {"part": "network", "backbone": "resnet18", **UNTRAINED, "side": "128"})
    expect(board(visitor).locator("[data-name='stage 4']")).to_contain_text("512×4×4")
    visitor.main.get_by_role("button", name="Its own: 224 px").click()
    expect(board(visitor).locator("[data-name='stage 4']")).to_contain_text("512×7×7")


def test_latency_is_measured_when_asked_and_can_be_stopped(visitor: Visitor) -> None:
    visitor.open("architectures", {"up": "latency", "across": "parameters"})
    visitor.main.get_by_role("button", name="Measure latency here").click()
    expect(visitor.main.get_by_text("Timing the backbones")).to_be_visible()

    def timed() -> int:
        found = re.search(r"(\d+) to go", visitor.main.inner_text())
        return len(BACKBONES) - int(found[1]) if found else 0

    visitor.wait_for(lambda: timed() >= 4, "four backbones are timed")
    visitor.main.get_by_role("button", name="Stop").click()
    expect(visitor.main.get_by_role("button", name="Measure latency here")).to_be_visible()
    counted = visitor.page.locator(".js-plotly-plot").first.evaluate(
        "(plot) => plot.data.flatMap((trace) => trace.customdata || []).length"
    )
    assert counted >= 3


def test_the_window_slides_under_the_pointer_and_the_arrow_keys(visitor: Visitor) -> None:
    grid = {"cells": 8, "kernel": 3, "stride": 2, "padding": 1, "dilation": 2}
    visitor.open("architectures", {"part": "ideas", "idea": "sliding", **grid})
    cells = visitor.page.locator(".output button")
    expect(cells).to_have_count(9)  # ⌊(8 + 2 − 2·2 − 1)/2⌋ + 1 = 3 along each side
    cells.nth(4).hover()
    said = visitor.page.get_by_text("output cell (1, 1): the window begins at row 1, column 1")
    expect(said).to_be_visible()
    expect(visitor.page.locator(".input .tap")).to_have_count(9)
    expect(visitor.page.locator(".input .under")).to_have_count(25 - 9)
    cells.nth(4).focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(visitor.page.get_by_text("output cell (1, 2)")).to_be_visible()
    tops = visitor.page.locator(".input > div").evaluate_all(
        "(all) => all.map((one, at) => [at, one.classList.contains('tap')]).filter(([, is]) => is).map(([at]) => at)"
    )
    assert [(at // 10 - 1, at % 10 - 1) for at in tops] == [(y, x) for y in (1, 3, 5) for x in (3, 5, 7)]


def test_a_family_card_leads_to_its_backbone(visitor: Visitor) -> None:
    visitor.open("architectures", {"part": "families"})
    visitor.main.get_by_role("button", name="ShuffleNet V2 ×1.0").click()
    expect(visitor.main.get_by_role("heading", name="ShuffleNet V2 ×1.0 · 2018")).to_be_visible()
    visitor.wait_for_parameters(part="network", backbone="shufflenet_v2_x1_0")


def test_a_guess_is_revealed(visitor: Visitor) -> None:
    visitor.open("architectures", {"part": "quiz", "backbone": "tiny_resnet"})
    reveal = visitor.main.get_by_role("button", name="Reveal")
    expect(reveal).to_have_count(5)
    expect(reveal.first).to_be_disabled()
    visitor.main.get_by_test_id("stRadio").first.get_by_role("radiogroup").locator("label").first.click()
    expect(reveal.first).to_be_enabled()
    reveal.first.click()
    expect(reveal).to_have_count(4)
    expect(visitor.main.get_by_test_id("stAlert")).to_have_count(1)


def test_a_built_network_is_trained_with_live_curves(visitor: Visitor) -> None:
    visitor.open("architectures", {"part": "build", "stack": "conv-48-1,residual-48-2"})
    visitor.main.get_by_role("button", name="Residual block").click()
    visitor.wait_for_parameters(stack="conv-48-1,residual-48-2,residual-48-1")
    visitor.main.get_by_role("button", name="Start").click()
    expect(visitor.main.get_by_text("Best held-out accuracy so far")).to_be_visible(timeout=LONG)
    visitor.main.get_by_role("button", name="Stop").click()
    expect(visitor.main.get_by_text("stopped; what there is so far is kept")).to_be_visible(timeout=LONG)
    expect(visitor.main.get_by_role("button", name="Start")).to_be_enabled()
    visitor.main.get_by_role("button", name="Take out").last.click()
    expect(visitor.main.get_by_text("the network as it was when the training began")).to_be_visible()
