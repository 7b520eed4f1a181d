"""The one place where choices are drawn, and kept whatever their labels say.

Streamlit 1.67 lets the browser send the label of what was chosen. Labels change, with the language or with the
probabilities that stand in them, and the browser goes on sending the old one. So whenever the labels differ from those
drawn before, the browser is told anew what is chosen; a label that arrives late stands for the option that it was shown
for; and what stands for none leaves the choice as it was.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.state import url_state

Option = TypeVar("Option", bound=Hashable)
Way = Literal["box", "row", "list", "slider"]
SeveralWay = Literal["box", "row"]

DRAWN = "shared.choices"
LABELINGS_KEPT = 4  # what a browser sends late was shown a moment ago
CROSSING_SECONDS = 2.0  # how long what a browser is told may be on its way
TELLINGS = 3  # how often a browser is told: what a run has drawn is dropped where the next begins before it is sent


@dataclass
class _Drawn:
    """What a choice was when it was last drawn, and which options its labels have stood for, the newest first."""

    value: Any
    options: list[Any]
    labelings: list[dict[str, Any]] = field(default_factory=list)
    page: str | None = None
    tellings: int = 0
    told_at: float = -math.inf
    is_optional: bool = False

    def known(self, arrived: object) -> Any:
        """Return the option that what arrived is, or is or was the label of; None for none. Of a list, those known."""
        if isinstance(arrived, list):
            return [found for found in map(self.known, arrived) if found is not None]
        if arrived in self.options:
            return arrived
        return next((labeling[arrived] for labeling in self.labelings if arrived in labeling), None)

    def read(self, arrived: object) -> Any:
        """Return what was chosen, one option or a list of them; what it was before where that cannot be told."""
        if arrived is None and self.is_optional:
            return None
        found = self.known(arrived)
        is_told = len(found) == len(arrived) if isinstance(arrived, list) else found is not None
        return found if is_told else self.value

    def has_to_be_told(self, labeling: dict[str, Any], page: str | None) -> bool:
        """Keep what the labels stand for now, and on which page; return whether the browser may not know it yet."""
        if not self.labelings or self.labelings[0] != labeling or self.page != page:
            self.page = page  # on another page it is another widget, which begins with nothing chosen
            self.labelings = [labeling, *(old for old in self.labelings if old != labeling)][:LABELINGS_KEPT]
            self.tellings = TELLINGS
        has_to = self.tellings > 0
        if has_to:
            self.tellings, self.told_at = self.tellings - 1, time.monotonic()
        return has_to

    def answer(self) -> None:
        """Let the browser be told of a choice that may have crossed what it was told a moment ago."""
        if time.monotonic() - self.told_at < CROSSING_SECONDS:
            self.tellings = max(self.tellings, 1)


def _kept(key: str, look: dict[str, Any]) -> dict[str, Any]:
    """Return what a widget is drawn with: it is kept where it is not drawn, and a change is noted before it is told."""
    told = (key, look.pop("on_change", None), *look.pop("args", ()))
    return {"persist_state": "session", **look, "key": key, "on_change": _take, "args": told}


def choose(
    label: str,
    options: Sequence[Option],
    title: Callable[[Option], str],
    key: str,
    *,
    way: Way = "box",
    default: Option | None = None,
    is_optional: bool = False,
    **look: Any,
) -> Any:
    """Draw the choice of one option and return it; the state `key` has it, and may be set before.

    It stands as a drop-down `box`, side by side in a `row`, as a `list` of radio buttons, or on a `slider`, which shows
    the options as they are, since Streamlit takes a label that it does not know there for the first. Where the state
    has none of the options, `default` is chosen, else the first; with `is_optional`, none, and None is returned as long
    as nothing is chosen. `look` goes to Streamlit's widget, `on_change` with its `args` too.
    """
    shown = _distinct(options, title)
    fallback = None if is_optional else default if default in shown else next(iter(shown), None)
    drawn = _prepare(key, shown, lambda value: value if value in shown else fallback)
    drawn.is_optional = is_optional
    look = _kept(key, look)
    names = list(shown)
    if way == "slider" and len(names) > 1:
        chosen = st.select_slider(label, names, **look)
    elif way == "list":
        chosen = st.radio(label, names, index=None if is_optional else 0, format_func=shown.__getitem__, **look)
    elif way == "box":
        chosen = st.selectbox(label, names, index=None if is_optional else 0, format_func=shown.__getitem__, **look)
    else:
        chosen = st.segmented_control(label, names, format_func=shown.__getitem__, required=not is_optional, **look)
    drawn.value = chosen
    return chosen


def choose_some(
    label: str,
    options: Sequence[Option],
    title: Callable[[Option], str],
    key: str,
    *,
    way: SeveralWay = "row",
    **look: Any,
) -> list[Any]:
    """Draw the choice of any number of options and return them; the state `key` has the list, and may be set before."""
    shown = _distinct(options, title)
    drawn = _prepare(key, shown, lambda values: [value for value in values or () if value in shown])
    look = _kept(key, look)
    names = list(shown)
    if way == "row":
        chosen = st.pills(label, names, selection_mode="multi", format_func=shown.__getitem__, **look)
    else:
        chosen = st.multiselect(label, names, format_func=shown.__getitem__, **look)
    drawn.value = list(chosen)
    return list(chosen)


def tabs(titles: Mapping[str, str], key: str) -> Sequence[DeltaGenerator]:
    """Draw tabs under `titles` and return their places; the state `key` has the name of the open one.

    Streamlit tells tabs apart by their titles, and opens the first of those that it has not seen.
    """
    kept = st.session_state.setdefault(key, next(iter(titles)))
    own = f"{key}.{'/'.join(titles.values())}"
    if st.session_state.get(own) != titles[kept]:
        st.session_state[own] = titles[kept]

    def take() -> None:
        names = {title: name for name, title in titles.items()}
        st.session_state[key] = names.get(st.session_state.get(own, ""), kept)

    return st.tabs(list(titles.values()), key=own, on_change=take)


def _prepare(key: str, shown: dict[Any, str], fit: Callable[[Any], Any]) -> _Drawn:
    """Let the state have what is chosen, `fit` to the options that there are now, before the widget is drawn.

    Setting it is also what makes Streamlit tell the browser. Where what is there is right, and the browser knows it by
    that label, it is left alone, so that nothing that the browser has on its way is overruled.
    """
    every: dict[str, _Drawn] = st.session_state.setdefault(DRAWN, {})
    drawn = every.setdefault(key, _Drawn(None, []))
    drawn.options = list(shown)
    arrived = st.session_state.get(key)
    value = fit(drawn.known(arrived))
    labeling = {text: option for option, text in shown.items()}
    if drawn.has_to_be_told(labeling, st.session_state.get(url_state.PAGE)) or value != arrived:
        st.session_state[key] = value
    return drawn


def _take(key: str, then: Callable[..., None] | None, *args: Any) -> None:
    """Take in what the browser has sent; a label that is late is no change, unless it stands for another option."""
    if key not in st.session_state:
        return  # another address has dropped it, and what comes is from before
    drawn: _Drawn = st.session_state[DRAWN][key]
    arrived = st.session_state[key]
    value = drawn.read(arrived)
    if value != arrived:
        st.session_state[key] = value
    if value != drawn.value:
        drawn.value = value
        drawn.answer()
        if then is not None:
            then(*args)


def _distinct(options: Sequence[Option], title: Callable[[Option], str]) -> dict[Option, str]:
    """Return the label of each option; of those that would read the same, all but the first are numbered."""
    seen: Counter[str] = Counter()
    shown: dict[Option, str] = {}
    for option in dict.fromkeys(options):
        text = title(option)
        seen[text] += 1
        shown[option] = text if seen[text] == 1 else f"{text} ({seen[text]})"
    return shown
