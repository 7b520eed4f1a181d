"""The choices that a page offers, as a visitor sees them: which there are, what is chosen, and another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

FIND = """
(root) => [...root.querySelectorAll(
  '[data-testid=stSelectbox], [data-testid=stButtonGroup], [data-testid=stRadio], [data-testid=stMultiSelect]'
)]
.filter((element) => element.offsetParent && element.querySelector("button:enabled, input:enabled"))
.map((element) => [
  [...element.closest('[class*=st-key-]').classList].find((name) => name.startsWith('st-key-')), element.dataset.testid,
])
"""
CHOSEN = """
(all) => all.flatMap((one, place) =>
  one.ariaPressed === 'true' || one.ariaChecked === 'true' || one.querySelector('input:checked') ? [place] : [])
"""
SELECTED = "(all) => all.filter((one) => one.ariaSelected === 'true').map((one) => [+one.dataset.key, one.innerText])"


@dataclass(frozen=True)
class Control:
    """A choice on a visitor's page: the class that Streamlit gives it by its key, and what kind of widget it is."""

    visitor: Visitor
    name: str
    kind: str

    @property
    def place(self) -> Locator:
        """Where it stands."""
        return self.visitor.page.locator(f".{self.name}").get_by_test_id(self.kind)

    @property
    def options(self) -> Locator:
        """What can be chosen; of a drop-down, while it is open."""
        if self.kind in {"stSelectbox", "stMultiSelect"}:
            return self.visitor.page.locator("[role=listbox][data-rac] [role=option]")
        if self.kind == "stRadio":
            return self.place.get_by_test_id("stRadioOption")
        return self.place.locator("[role=radio], [aria-pressed]")

    def chosen(self) -> list[int]:
        """Return the places of what is chosen among the options, which no language changes.

        Of a box for several, what is chosen is no option any more: it is how many there are.
        """
        if self.kind == "stSelectbox":
            with self.opened() as options:
                found = options.evaluate_all(SELECTED)
            expect(self.place.get_by_role("combobox")).to_have_value(found[0][1] if found else "")
            return [place for place, _text in found]
        if self.kind == "stMultiSelect":
            return list(range(self.place.locator("[data-tag]:visible").count()))
        places: list[int] = self.options.evaluate_all(CHOSEN)
        return places

    def turn(self) -> None:
        """Choose something else: the option after the chosen one, or one more, or, of a full box, one less."""
        if self.kind == "stSelectbox":
            with self.visitor.a_run(), self.opened() as options:
                found = options.evaluate_all(SELECTED)
                following = self.visitor.page.locator(
                    f"[data-rac][role=option][data-key='{found[0][0] + 1 if found else 0}']"
                )
                (following if following.count() else options.first).click()
        elif self.kind == "stMultiSelect":
            with self.visitor.a_run():
                self.place.get_by_role("button").first.click()
        else:
            places = self.chosen()
            others = [place for place in range(self.options.count()) if place not in places]
            following = [place for place in others if not places or place > places[-1]]
            with self.visitor.a_run():
                self.options.nth((following or others or places)[0]).click()

    def opened(self) -> Opened:
        """Open a drop-down for a while."""
        return Opened(self)


@dataclass(frozen=True)
class Opened:
    """A drop-down that is open until the block ends, or something is chosen."""

    control: Control

    def __enter__(self) -> Locator:
        box = self.control.place.get_by_role("combobox")
        box.scroll_into_view_if_needed()

        def is_open() -> bool:
            """Press the key that opens it unless it is open: where the page still scrolls, it closes again."""
            if not self.control.options.first.is_visible():
                box.press("ArrowDown")
            return self.control.options.first.is_visible()

        self.control.visitor.wait_for(is_open, f"{self.control.name} opens")
        return self.control.options

    def __exit__(self, *_error: object) -> None:
        if self.control.options.first.is_visible():
            self.control.visitor.page.keyboard.press("Escape")
            expect(self.control.options).to_have_count(0)


def controls(visitor: Visitor, place: Locator, *left_out: str) -> Iterator[Control]:
    """Yield the choices that can be turned in a place, but for those whose names end in one of `left_out`."""
    for name, kind in place.evaluate(FIND):
        if not name.endswith(left_out):
            yield Control(visitor, name, kind)
