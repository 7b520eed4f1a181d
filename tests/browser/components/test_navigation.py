"""Every page is there, in its place, by a click and by its address, from the first moment of a server on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.architectures.zoo.backbones import BACKBONES
from core.paths import ASSETS
from tests.browser.conftest import Visits, serve
from tests.browser.visitor import Visitor

LESSONS = ASSETS / "lessons" / "en"
PAGES = {
    "architectures": ("Architectures", "Which networks are there"),
    "optimizer_race": ("Optimizer race", "Which way do gradient descent, momentum"),
    "visualization": ("Visualization", "See what each layer of a network makes of a picture"),
    "transfer_advisor": ("Transfer advisor", "Which is better for your own pictures"),
    "augmentation": ("Augmentation", "What do flips, crops, rotations and colour changes do"),
}


def headings(name: str) -> list[str]:
    """Return the headings of a page's lesson below its title."""
    lines = (LESSONS / f"{name}.md").read_text(encoding="utf-8").splitlines()
    return [line.lstrip("# ") for line in lines if line.startswith("##")]


def assert_complete(visitor: Visitor, name: str) -> None:
    """Check that a page shows its own title and sentence, and no dialog."""
    title, purpose = PAGES[name]
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(visitor.main).to_contain_text(purpose)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "not found" not in page.locator("body").inner_text().lower()
    expect(visitor.sidebar.get_by_role("img", name="The chosen picture")).to_be_visible()
    expect(visitor.backbone).to_have_value(BACKBONES["tiny_resnet"].title)


@pytest.mark.parametrize("name", ["visualization", "transfer_advisor", "augmentation"])  # each with imports of its own
def test_page_is_there_as_the_first_request_to_a_server(name: str, visits: Visits, tmp_path: Path) -> None:
    with serve(tmp_path) as fresh:
        visitor = visits.visitor(address=fresh.address).open(name)
        assert_complete(visitor, name)
        if name == "visualization":
            expect(visitor.grid).to_have_attribute("data-shown", "stage1.block2.relu/1")
        visits.close()
        assert "Traceback" not in fresh.said


def test_the_navigation_leads_in_order_to_every_page(visitor: Visitor) -> None:
    visitor.open("architectures")
    links = visitor.page.get_by_role("navigation", name="App pages").get_by_role("link")
    assert [text.splitlines()[-1] for text in links.all_inner_texts()] == [title for title, _ in PAGES.values()]
    for name, (title, _purpose) in PAGES.items():
        visitor.go_to(title)
        assert_complete(visitor, name)
        assert visitor.page.url.startswith(f"{visitor.address}/{name}")


def test_without_a_page_the_address_leads_to_the_visualization(visitor: Visitor) -> None:
    visitor.open("")
    assert_complete(visitor, "visualization")
    assert visitor.page.url.startswith(f"{visitor.address}/visualization")
    visitor.go_to("Augmentation")
    visitor.page.get_by_role("button", name="Navigate to home page").click()  # the logo
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Visualization")
    visitor.open("", {"backbone": "tiny_vgg", "picture": "coffee"})
    expect(visitor.backbone).to_have_value(BACKBONES["tiny_vgg"].title)
    visitor.wait_for_parameters(backbone="tiny_vgg", picture="coffee")


def test_every_page_has_its_lesson(visitor: Visitor) -> None:
    for name in PAGES:
        visitor.open(name)
        lesson = visitor.page.get_by_role("heading", name=headings(name)[0], exact=True)
        expect(lesson).to_be_hidden()
        visitor.page.get_by_role("button", name="Lesson").click()
        expect(lesson).to_be_visible()
