"""The one mapping from declared settings to widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from core.settings import LONGEST_NAME, Choice, Identifier, Integer, Number, Setting, Text, Toggle
from pages.components.i18n import _
from pages.components.inputs.choices import SeveralWay, Way, choose, choose_some
from pages.components.state import url_state

Value = TypeVar("Value")
SEGMENTS = 4  # options up to which all are shown side by side


def draw_setting(
    setting: Setting[Value],
    page: str,
    *,
    available: tuple[str, ...] | None = None,
    most: int | None = None,
    **look: Any,
) -> Value:
    """Draw the widget of `setting` and return its value; the value is kept, and in the address, as `page.name`.

    `available` narrows the options of a choice to those that work now; a value that does not falls back. `in_a_row`
    among the `look` shows all options side by side, however many there are, `as_slider` puts them, or whole numbers, on
    a slider. `most` is the largest whole number that works now.
    """
    key = f"{page}.{setting.name}"
    url_state.initial(key, setting)
    if isinstance(setting, Integer) and most is not None and int(st.session_state[key]) > most:
        st.session_state[key] = most
    chosen: Value = _widget(setting, key, available, look if most is None else look | {"most": most})
    url_state.show(setting, chosen)
    return chosen


def draw_multi_setting(
    setting: Identifier,
    page: str,
    options: Sequence[str],
    title: Callable[[str], str],
    *,
    way: SeveralWay = "row",
    most: int | None = None,
    **look: Any,
) -> tuple[str, ...]:
    """Draw the choice of any number of `options`, `most` at most, and return them; its value has their names in a row.

    They come in the order of the options, or, in a box, in that of being chosen.
    """
    key = f"{page}.{setting.name}"
    picked, written = f"{key}.picked", f"{key}.written"
    named = url_state.initial(key, setting)
    if st.session_state.get(written) != named or picked not in st.session_state:  # another address, or the code
        names = dict.fromkeys(name for name in named.split(",") if name in options)
        st.session_state[picked] = list(names)[:most]
    if way == "box":
        look["max_selections"] = most
    chosen = choose_some(_(setting.label), options, title, picked, way=way, **look)
    if way != "box":
        chosen = [option for option in options if option in chosen]
    st.session_state[key] = st.session_state[written] = ",".join(chosen)
    url_state.show(setting, st.session_state[key])
    return tuple(chosen)


def draw_part(setting: Setting[Any], key: str, value: Any, on_change: Callable[[], None]) -> None:
    """Draw the widget of a setting whose value is part of something; `on_change` takes over what `key` then has."""
    st.session_state.setdefault(key, value)
    _widget(setting, key, None, {"on_change": on_change, "as_slider": True, "persist_state": None})


def _widget(setting: Setting[Any], key: str, available: tuple[str, ...] | None, look: dict[str, Any]) -> Any:
    in_a_row, as_slider = look.pop("in_a_row", False), look.pop("as_slider", False)
    most = look.pop("most", None)
    common: dict[str, Any] = {"key": key, "help": _(setting.help) or None, "persist_state": "session", **look}
    label = _(setting.label)
    match setting:
        case Choice():
            labels = {value: text for value, text in setting.options if available is None or value in available}
            way: Way = "slider" if as_slider else "box" if len(labels) > SEGMENTS and not in_a_row else "row"
            return choose(
                label, list(labels), lambda value: _(labels[value]), way=way, default=setting.default, **common
            )
        case Number() if as_slider:
            return st.slider(
                label,
                setting.minimum,
                setting.maximum,
                step=setting.step,
                format=setting.format or _slider_format(setting),
                **common,
            )
        case Number():
            common |= {"step": setting.step, "format": setting.format}
            return st.number_input(label, min_value=setting.minimum, max_value=setting.maximum, **common)
        case Integer():
            maximum = setting.maximum if most is None else most
            if as_slider and maximum is not None and maximum > setting.minimum:
                return st.slider(label, min_value=setting.minimum, max_value=maximum, step=1, **common)
            return st.number_input(label, min_value=setting.minimum, max_value=maximum, step=1, **common)
        case Toggle():
            return st.toggle(label, **common)
        case Text():
            return st.text_input(label, max_chars=LONGEST_NAME, **common)
    raise TypeError(f"no widget is declared for {type(setting).__name__}")


def _slider_format(setting: Number) -> str:
    """Return as many digits as the step has."""
    return "%.0f" if setting.step >= 1 else "%.1f" if setting.step >= 0.1 else "%.2f"
