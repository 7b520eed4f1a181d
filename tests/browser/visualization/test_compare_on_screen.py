"""Two and three backbones side by side, aligned by stage."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Locator, expect

from core.architectures.zoo.backbones import BACKBONES
from core.visualization.activations.drawing import draw_maps
from core.visualization.activations.grid import GridView, arrange
from core.visualization.activations.stage_alignment import align
from tests.browser.conftest import Visits
from tests.browser.expected import UNTRAINED, activations, backbone
from tests.browser.visitor import Visitor

TWO = ("tiny_resnet", "tiny_vgg")
THREE = (*TWO, "tiny_mobilenet")


def comparison(names: tuple[str, ...]) -> dict[str, object]:
    """Return the parameters of a link to a comparison."""
    return {"backbone": names[0], **UNTRAINED, "mode": "compare", "with": ",".join(names[1:])}


def stage_pictures(visitor: Visitor) -> Locator:
    return visitor.main.get_by_role("img").and_(visitor.page.locator("img[alt*='×']"))


def assert_compared(visitor: Visitor, names: tuple[str, ...]) -> None:
    """Check that all stages of all backbones are there, those of one resolution in one row, with core's pixels."""
    levels = align([(backbone(name).preprocessing.crop, activations(name)) for name in names])
    for name in names:
        expect(visitor.main.get_by_role("heading", name=BACKBONES[name].title, exact=True)).to_be_visible()
    outputs = [(name, output) for level in levels for name, output in zip(names, level.outputs, strict=True) if output]
    pictures = stage_pictures(visitor)
    expect(pictures).to_have_count(len(outputs))
    texts = [f"{output.label} · {'×'.join(str(size) for size in output.shape)}" for _, output in outputs]
    assert pictures.evaluate_all("(all) => all.map((one) => one.alt)") == texts
    tops = {name: [] for name in names}
    lefts = {name: set() for name in names}
    for index, (name, output) in enumerate(outputs):
        box = pictures.nth(index).bounding_box()
        assert box is not None
        tops[name].append(round(box["y"]))
        lefts[name].add(round(box["x"]))
        grid = arrange(activations(name).maps(output.layer), GridView(order="mean", normalisation="layer"))
        drawn = np.asarray(draw_maps(grid, 8, 4, 96)).astype(int)
        seen = visitor.pixels(pictures.nth(index)).astype(int)
        assert seen.shape == drawn.shape
        assert (seen == drawn).all(axis=2)[drawn[..., 3] == 255].all(), f"{name}, {output.label}"
    assert all(len(places) == 1 for places in lefts.values()), "a backbone does not keep to its column"
    everywhere = [level for level in levels if None not in level.outputs]
    assert everywhere
    rows = list(zip(*(tops[name] for name in names), strict=False)) if len(everywhere) == len(levels) else []
    assert all(max(row) - min(row) <= 4 for row in rows), "stages of one resolution do not stand in one row"


def test_two_and_three_backbones_stand_side_by_side(visitor: Visitor) -> None:
    visitor.open("visualization", {"backbone": TWO[0], **UNTRAINED})
    visitor.pick("View", "Compare backbones")
    visitor.wait_for_parameters(mode="compare")
    chosen = visitor.page.get_by_role("combobox", name="Compare with")
    visitor.open("visualization", comparison(TWO))
    assert_compared(visitor, TWO)
    chosen.click()
    visitor.page.get_by_role("option", name=BACKBONES[THREE[2]].title, exact=True).click()
    visitor.wait_for_parameters(**{"with": ",".join(THREE[1:])})
    visitor.page.keyboard.press("Escape")
    assert_compared(visitor, THREE)


def test_the_link_keeps_what_is_compared(visits: Visits) -> None:
    one = visits.visitor().open("visualization", comparison(THREE))
    one.wait_for_parameters(**{"with": ",".join(THREE[1:]), "mode": "compare", "backbone": THREE[0]})
    other = visits.visitor().follow(one.page.url)
    assert_compared(other, THREE)
    assert other.parameters == one.parameters
    other.pick("View", "One backbone")
    other.wait_for_parameters(mode="explore", backbone=THREE[0])
    expect(other.grid).to_be_visible()
    other.pick("View", "Compare backbones")
    other.wait_for_parameters(**{"with": ",".join(THREE[1:]), "mode": "compare"})


def test_with_nothing_to_compare_with_the_page_says_what_to_do(visitor: Visitor) -> None:
    visitor.open("visualization", {**comparison(TWO), "with": "evil,nonsense"})
    expect(visitor.main).to_contain_text("Choose one or two more backbones")


def test_no_more_than_three_can_be_compared(visitor: Visitor) -> None:
    visitor.open("visualization", comparison(("tiny_resnet", "tiny_vgg", "tiny_mobilenet", "tiny_xception")))
    visitor.wait_for_parameters(**{"with": "tiny_vgg,tiny_mobilenet"})
    visitor.page.get_by_role("combobox", name="Compare with").click()
    expect(visitor.page.get_by_role("option", name="Tiny Xception", exact=True)).to_have_count(0)
