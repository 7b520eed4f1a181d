"""The Transfer advisor in a browser: pictures are handed in, looked at, diagnosed and compared."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from core.transfer.advice.rules import RULES
from tests.browser.visitor import Visitor
from tests.browser.visits import LONG
from tests.core.shared.test_archives import packed
from tests.core.transfer.test_transfer_data import photograph, zipped

QUICK = {"backbone": "tiny_squeezenet", "weights": "embedded"}


def hand_in(visitor: Visitor, name: str, data: bytes, index: int = 0) -> None:
    visitor.main.locator("input[type=file]").nth(index).set_input_files(
        {"name": name, "mimeType": "application/zip" if name.endswith("zip") else "image/png", "buffer": data}
    )


def test_a_zip_becomes_classes_and_a_hostile_one_changes_nothing(visitor: Visitor) -> None:
    visitor.open("transfer_advisor", {"data": "mine", **QUICK})
    expect(visitor.main.get_by_role("img")).to_have_count(0)
    hand_in(visitor, "mine.zip", zipped(cat=3, dog=4).data)
    for name in ("cat", "dog"):
        expect(visitor.main.get_by_role("img", name=name, exact=True)).to_be_visible()
    hand_in(visitor, "evil.zip", packed({"../../out/1.png": photograph(1)}))
    expect(visitor.main.get_by_role("alert")).to_contain_text("evil.zip")
    expect(visitor.main.get_by_role("img", name="cat", exact=True)).to_be_visible()
    visitor.main.get_by_label("Or a class").fill("bird")
    visitor.page.keyboard.press("Enter")
    expect(visitor.main.get_by_role("button", name="Camera")).to_be_visible()
    hand_in(visitor, "bird.png", photograph(77), 1)
    expect(visitor.main.get_by_role("img", name="bird", exact=True)).to_be_visible()
    visitor.main.get_by_role("button", name="Take out “bird”").click()
    expect(visitor.main.get_by_role("img", name="bird", exact=True)).to_have_count(0)
    visitor.main.get_by_role("button", name="Undo").click()
    expect(visitor.main.get_by_role("img", name="bird", exact=True)).to_be_visible()


def test_from_the_data_to_the_advice_and_on_to_the_proof(visitor: Visitor) -> None:
    visitor.open("transfer_advisor", {"data": "tissue", "each": "5", "data_seed": "7", **QUICK})
    visitor.main.get_by_role("button", name="How similar are they").click()
    visitor.wait_for_parameters(part="diagnosis")
    visitor.main.get_by_role("button", name="Start").click()
    expect(visitor.main.get_by_text(RULES["small_different"].advice)).to_be_visible(timeout=LONG)
    expect(visitor.page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    visitor.main.get_by_role("button", name="Was that right").click()
    visitor.wait_for_parameters(part="proof")
    expect(visitor.main).to_contain_text("Advised here: Linear probe")
    visitor.main.get_by_role("button", name="Start").click()
    # While the page is drawn anew, the chart of the run before is there too.
    chart = visitor.page.locator(".st-key-transfer_advisor-accuracies .js-plotly-plot").last
    expect(chart).to_be_visible(timeout=LONG)
    visitor.main.get_by_role("button", name="Stop").click()
    expect(visitor.main).to_contain_text("stopped; what there is so far is kept", timeout=LONG)
    expect(visitor.main.get_by_role("heading", name="What is taken for what")).to_be_visible()
    expect(chart).to_be_visible()
    cells = visitor.page.locator(
        "[class*=st-key-transfer_advisor-confusion] .js-plotly-plot .scatterlayer .points path"
    )
    pictures = visitor.main.get_by_role("combobox", name="Pictures").last
    before = pictures.input_value()
    cells.last.click(force=True)
    expect(pictures).not_to_have_value(before)


def test_the_model_is_tried_and_its_report_prints_on_one_page(visitor: Visitor, tmp_path: Path) -> None:
    visitor.open("transfer_advisor", {"data": "tissue", "each": "10", "part": "model", **QUICK})
    visitor.main.get_by_role("button", name="Start").click()
    expect(visitor.page.locator(".top-classes")).to_be_visible(timeout=LONG)
    expect(visitor.main.get_by_role("img", name="Evidence for the class")).to_be_visible()
    with visitor.page.expect_download() as download:
        visitor.main.get_by_role("button", name="Report, one page").click()
    download.value.save_as(tmp_path / "report.html")
    page = visitor.page.context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("Tissue and retina with Tiny SqueezeNet")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
