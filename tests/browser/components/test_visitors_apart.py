"""Tabs that are kept from test to test are as good as new ones."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.browser.visits import Observed, Tabs
from tests.servers import Server

LEAVE = """
() => {
  localStorage.setItem('left', '1');
  sessionStorage.setItem('left', '1');
  document.cookie = 'left=1';
  window.name = 'left';
  setTimeout(() => console.error('left'), 10000);
}
"""
FOUND = """
() => [
  localStorage.getItem('left'), sessionStorage.getItem('left'), document.cookie.includes('left'), window.name,
  history.length, innerWidth, matchMedia('(prefers-color-scheme: dark)').matches,
  matchMedia('(prefers-reduced-motion: reduce)').matches,
]
"""


def test_nothing_of_one_test_is_left_for_the_next(tabs: Tabs, server: Server) -> None:
    first, second = (Visits(tabs, server.address, Observed()) for _ in range(2))
    one = first.visitor(viewport={"width": 1000, "height": 700}, color_scheme="dark", reduced_motion="reduce")
    one.open("augmentation").go_to("Architectures")
    one.page.evaluate(LEAVE)
    assert one.page.evaluate(FOUND)[:4] == ["1", "1", True, "left"]
    first.close()
    other = second.visitor()
    assert other.page is one.page, "the tab was not kept"
    other.page.goto(f"{server.address}/_stcore/health")
    assert other.page.evaluate(FOUND) == [None, None, False, "", 2, 1280, False, False]
    other.page.go_back()
    assert other.page.url == "about:blank"
    second.close()
    assert not second.observed.wrongs


def test_two_visitors_are_two_people(visits: Visits) -> None:
    one, other = visits.visitor(), visits.visitor()
    one.open("augmentation").pick("Language", "Español")
    expect(one.page.locator("html")).to_have_attribute("lang", "es")
    expect(other.open("augmentation").page.locator("html")).to_have_attribute("lang", "en")
