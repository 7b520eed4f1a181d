"""What is chosen outlives a change of the language, and whatever is done next, wherever something can be chosen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from pages.architectures.sections import SECTION as ARCHITECTURES
from pages.augmentation.sections import SECTION as AUGMENTATION
from pages.components.i18n import LANGUAGES, translation
from pages.transfer_advisor.sections import SECTION as TRANSFER_ADVISOR
from pages.visualization.selection import SECTION
from tests.browser.conftest import Visits
from tests.browser.controls import Control, controls
from tests.browser.visitor import Visitor

Place = tuple[str, dict[str, str]]
PLACES: list[Place] = [
    *(("architectures", {"part": part, "stack": "conv-16-2"}) for part in ARCHITECTURES.values),
    *(("augmentation", {"part": part}) for part in AUGMENTATION.values),
    *(("optimizer_race", {"on": ground, "updates": "200"}) for ground in ("surface", "network")),
    *(("transfer_advisor", {"part": part, "each": "5"}) for part in TRANSFER_ADVISOR.values),
    *(("visualization", {"section": section}) for section in SECTION.values),
    ("visualization", {"section": "images", "origin": "made"}),
    ("visualization", {"section": "evidence", "method": "occlusion"}),
    ("visualization", {"mode": "compare"}),
]
WAYS = ("-part", "-on", "-mode", "-section", "-origin", "language")  # what leads elsewhere: the address says where to
FAILED = "bug_report"  # the icon beside what is said of a mistake of ours


def named(place: Place) -> str:
    return "-".join((place[0], *place[1].values()))


def every_control(visitor: Visitor) -> Iterator[Control]:
    """Yield the choices of the page, and those behind the button for further settings while that is open."""
    yield from controls(visitor, visitor.main, *WAYS)
    more = visitor.main.get_by_test_id("stPopoverButton").filter(has_text="tune")
    if more.count():
        more.first.click()
        body = visitor.page.get_by_test_id("stPopoverBody")
        body.wait_for()
        yield from controls(visitor, body)
        visitor.page.keyboard.press("Escape")
        expect(body).to_have_count(0)


def chosen(visitor: Visitor) -> dict[str, object]:
    """Return what is chosen in each control, and what the address says, but for which job is at work."""
    found: dict[str, object] = {control.name: control.chosen() for control in every_control(visitor)}
    return found | {name: text for name, text in visitor.parameters.items() if name != "job"}


def assert_kept(visitor: Visitor, before: dict[str, object], was_started: bool) -> None:
    """Assert that what was chosen still is; with the end of what was started, other choices may take its place."""
    now = chosen(visitor)
    if was_started:
        before, now = ({name: one[name] for name in before.keys() & now.keys()} for one in (before, now))
    assert now == before
    expect(visitor.main.get_by_role("alert").filter(has_text=FAILED)).to_have_count(0)


def speak(visitor: Visitor, code: str) -> None:
    """Change the language, and wait until the page is in it."""
    with visitor.a_run():
        visitor.page.get_by_role("radio", name=LANGUAGES[code], exact=True).click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", code)
    visitor.settle()


def act(visitor: Visitor, code: str) -> bool:
    """Do what a visitor does next, of each kind that there is: switch, add, start; return whether something runs."""
    word = translation(code).gettext
    main = visitor.main
    toggle = main.get_by_test_id("stCheckbox").locator("label:visible").first
    if toggle.count():
        with visitor.a_run():
            toggle.click()
    add = main.locator("[class*=st-key-build-add] button:enabled").first
    if add.count():
        with visitor.a_run():
            add.click()
    start = main.get_by_role("button", name=word("Start"), exact=True)
    if start.count() and start.first.is_enabled():
        with visitor.a_run():
            start.first.click()
    expect(main.get_by_role("alert").filter(has_text=FAILED)).to_have_count(0)
    return bool(start.count() or main.get_by_role("button", name=word("Stop"), exact=True).count())


def stop(visitor: Visitor, code: str) -> None:
    """Stop what runs, if anything does."""
    button = visitor.main.get_by_role("button", name=translation(code).gettext("Stop"), exact=True)
    if button.count() and button.first.is_enabled():
        with visitor.a_run():
            button.first.click()


@pytest.fixture(scope="module")
def walker(shared_visits: Visits) -> Visitor:
    """A visitor who walks from place to place, and says in which language."""
    return shared_visits.visitor().open("augmentation")


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("place", PLACES, ids=named)
def test_choices_outlive_the_change_of_language(walker: Visitor, place: Place, code: str) -> None:
    visitor = walker
    speak(visitor, code)
    visitor.travel(place[0], {"backbone": "tiny_resnet", **place[1]})
    for control in list(every_control(visitor)):
        if control.place.is_visible():
            control.turn()
    before, was_started = chosen(visitor), False
    for spoken in (*(one for one in LANGUAGES if one != code), code):
        speak(visitor, spoken)
        assert_kept(visitor, before, was_started)
        was_started = act(visitor, spoken)
        before = chosen(visitor)
    stop(visitor, code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_picture_and_backbone_outlive_it_too(walker: Visitor, code: str) -> None:
    visitor = walker
    speak(visitor, code)
    visitor.travel("visualization", {"backbone": "tiny_resnet", "picture": "coffee"})
    before = {}
    for control in controls(visitor, visitor.sidebar):
        control.turn()
        before[control.name] = control.chosen()
    address = visitor.parameters
    assert address["weights"] == "untrained"
    for spoken in (*(one for one in LANGUAGES if one != code), code):
        speak(visitor, spoken)
        assert {control.name: control.chosen() for control in controls(visitor, visitor.sidebar)} == before
        assert visitor.parameters == address
        act(visitor, spoken)


def test_the_open_tab_outlives_it_too(walker: Visitor) -> None:
    visitor = walker
    speak(visitor, "en")
    visitor.travel("optimizer_race", {"on": "surface"})
    visitor.page.get_by_role("tab", name="Experiments").click()
    for code in ("es", "en"):
        speak(visitor, code)
        expect(visitor.page.get_by_role("tab", selected=True)).to_have_text(translation(code).gettext("Experiments"))
        expect(visitor.main.get_by_role("alert").filter(has_text=FAILED)).to_have_count(0)
