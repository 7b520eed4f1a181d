"""The Augmentation page in a browser: the pipeline is edited, shared, taken along and loaded again."""

from __future__ import annotations

import io
import re
import zipfile

from playwright.sync_api import expect

from tests.browser.visitor import READY, Visitor


def samples(visitor: Visitor) -> list[str]:
    expect(visitor.page.locator(".tiles figure")).to_have_count(16)
    return [image.get_attribute("src") or "" for image in visitor.page.locator(".tiles img").all()]


def settled(visitor: Visitor, before: list[str]) -> list[str]:
    """Return the samples once they are no longer those of before."""
    expect(visitor.page.locator(".tiles img").first).not_to_have_attribute("src", before[0])
    return samples(visitor)


def test_a_pipeline_is_built_shared_and_had_again(visitor: Visitor) -> None:
    visitor.open("augmentation", {"pipeline": "rotate.1"})
    first = samples(visitor)
    expect(visitor.page.locator(".tiles figcaption").first).to_contain_text(re.compile(r"Rotation: angle −?\d"))
    visitor.main.get_by_role("button", name="Add a step").click()
    visitor.page.get_by_role("button", name="Invert", exact=True).click()
    visitor.wait_for_parameters(pipeline="rotate.1~invert.2")
    second = settled(visitor, first)
    visitor.page.keyboard.press("Escape")
    visitor.main.get_by_text("1 · Rotation").click()
    setting = visitor.main.get_by_role("slider", name="At most, degrees")
    setting.focus()
    setting.press("ArrowRight")
    visitor.wait_for_parameters(pipeline="rotate.1.degrees:16~invert.2")
    third = settled(visitor, second)
    link = visitor.page.url
    visitor.main.get_by_role("button", name="Undo").click()
    visitor.wait_for_parameters(pipeline="rotate.1~invert.2")
    assert settled(visitor, third) == second
    visitor.page.goto(link)
    assert samples(visitor) == third
    visitor.main.get_by_role("button", name="Draw anew").click()
    visitor.wait_for_parameters(draws="1")
    assert not set(settled(visitor, third)) & set(third)


def hand_in(visitor: Visitor, name: str, content: bytes) -> None:
    """Hand a file to the uploader of the open popover."""
    visitor.page.locator(READY).wait_for()
    visitor.page.wait_for_timeout(500)  # the uploader is a new one after each change
    uploader = visitor.page.get_by_test_id("stPopoverBody").locator("input[type=file]")
    uploader.set_input_files({"name": name, "mimeType": "application/json", "buffer": content})


def test_what_is_taken_along_can_be_loaded_again(visitor: Visitor) -> None:
    visitor.open("augmentation", {"pipeline": "hue.3.turn:0,2~flip.1.p:0,5", "draws": "7"})
    before = samples(visitor)
    visitor.main.get_by_role("button", name="Download and share").click()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Samples (ZIP)").click()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert sum(name.startswith("samples/") for name in archive.namelist()) == 16
    visitor.page.keyboard.press("Escape")
    visitor.main.get_by_role("button", name="Begin with").click()
    visitor.page.get_by_role("button", name="Medical").click()
    settled(visitor, before)
    hand_in(visitor, "pipeline.json", archive.read("pipeline.json"))
    visitor.wait_for_parameters(pipeline="hue.3.turn:0,2~flip.1.p:0,5", draws="7")
    expect(visitor.page.locator(".tiles img").first).to_have_attribute("src", before[0])
    assert samples(visitor) == before
    hand_in(visitor, "wrong.json", b"[1, 2")
    expect(visitor.main.get_by_role("alert")).to_contain_text("This is no pipeline")
    assert samples(visitor) == before


def test_the_other_parts_show_the_same_sample(visitor: Visitor) -> None:
    visitor.open("augmentation", {"pipeline": "rotate.1~brightness.2", "sample": "3", "part": "steps"})
    expect(visitor.page.locator(".tiles").first.locator("figure")).to_have_count(3)
    visitor.main.get_by_text("Boxes and masks", exact=True).click()
    visitor.wait_for_parameters(part="along", sample="3")
    expect(visitor.main.get_by_text("of the original’s area is still inside")).to_be_visible()
    visitor.main.get_by_text("Network input", exact=True).click()
    expect(visitor.page.locator(".js-plotly-plot .main-svg").last).to_be_visible()
    visitor.main.get_by_text("Does it mind?", exact=True).click()
    tiles = visitor.main.get_by_role("group", name="Sample").get_by_role("button")
    expect(tiles).to_have_count(16)
    expect(tiles.nth(2)).to_have_attribute("aria-pressed", "true")
    plain = tiles.nth(6).locator("img").get_attribute("src") or ""
    tiles.nth(6).click()
    visitor.wait_for_parameters(sample="7")
    expect(tiles.nth(6)).to_have_attribute("aria-pressed", "true")
    expect(tiles.nth(6).locator("img")).not_to_have_attribute("src", plain)  # its evidence lies over it
    expect(visitor.main.get_by_role("img", name="Evidence Sample 7")).to_be_visible()
    tiles.nth(6).press("ArrowRight")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_parameters(sample="8")
    expect(tiles.nth(6).locator("img")).to_have_attribute("src", plain)
