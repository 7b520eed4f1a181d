"""Every kind of setting has its widget, whose value comes from the link and goes back into it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import settings
from core.settings import Choice, Identifier, Integer, Number, Setting, Text, Toggle

FEW = (("one", "One"), ("two", "Two"), ("three", "Three"))
MANY = tuple((name, name.upper()) for name in ("a", "b", "c", "d", "e", "f"))
KNOBS: dict[
    str, tuple[Setting[Any], Any, tuple[str, ...]]
] = {  # a setting, a value of it, texts that are none of its values
    "few": (Choice(name="few", label="Few", default="two", options=FEW), "three", ("four", "", "Three", "two ")),
    "many": (Choice(name="many", label="Many", default="a", options=MANY), "e", ("z", "A", "a,b")),
    "number": (
        Number(name="number", label="Number", default=1.0, minimum=0.01, maximum=10.0, step=0.5),
        2.5,
        ("0", "-1", "11", "nan", "inf", "1e9", "two", ""),
    ),
    "whole": (
        Integer(name="whole", label="Whole", default=3, minimum=0, maximum=9),
        7,
        ("10", "-1", "3.5", "1e1", "٣٣", "", "9" * 40),
    ),
    "toggle": (Toggle(name="toggle", label="Toggle", default=False), True, ("true", "2", "on", "")),
    "text": (Text(name="text", label="Text", default="x^2"), "x + sin(3*y)", ("x\ny", "x" * 301, "\0")),
}


def script(which: str) -> None:
    """Turn a setting, as a page does."""
    import streamlit as st
    from test_setting_widgets import KNOBS

    from pages.components.inputs.setting_widgets import draw_setting
    from pages.components.state import url_state

    url_state.follow()
    st.code(repr(draw_setting(KNOBS[which][0], "page")))
    url_state.publish()


def opened(which: str, **parameters: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=20, args=(which,))
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def value(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return str(app.code[0].value)


def test_every_kind_of_setting_is_tested_here() -> None:
    kinds = {
        kind
        for _, kind in inspect.getmembers(settings, inspect.isclass)
        if issubclass(kind, Setting) and kind is not Setting
    }
    assert kinds - {type(setting) for setting, _, _ in KNOBS.values()} == {
        Identifier
    }  # a name is drawn by the page that knows it


@pytest.mark.parametrize("which", KNOBS)
def test_a_settings_starts_at_its_default_and_says_so_in_the_address(which: str) -> None:
    setting = KNOBS[which][0]
    app = opened(which)
    assert value(app) == repr(setting.default)
    assert app.query_params[which] in (setting.write(setting.default), [setting.write(setting.default)])
    assert value(app.run()) == repr(setting.default)


@pytest.mark.parametrize("which", KNOBS)
def test_a_link_sets_a_setting(which: str) -> None:
    setting, other, _ = KNOBS[which]
    assert other != setting.default
    assert setting.read(setting.write(other)) == other
    app = opened(which, **{which: setting.write(other)})
    assert value(app) == repr(other)
    assert value(app.run()) == repr(other)


@pytest.mark.parametrize(("which", "text"), [(which, text) for which, row in KNOBS.items() for text in row[2]])
def test_nonsense_in_a_link_leaves_a_settings_at_its_default(which: str, text: str) -> None:
    setting = KNOBS[which][0]
    assert setting.read(text) == setting.default
    app = opened(which, **{which: text})
    assert value(app) == repr(setting.default)
    assert app.query_params[which] in (setting.write(setting.default), [setting.write(setting.default)])


@pytest.mark.parametrize("which", KNOBS)
def test_turning_a_settings_changes_the_value_and_the_address(which: str) -> None:
    setting, other, _ = KNOBS[which]
    app = opened(which)
    kinds = {"few": "button_group", "many": "selectbox", "number": "number_input", "whole": "number_input"}
    kinds["text"] = "text_input"
    (widget,) = app.get(kinds.get(which, "toggle"))
    assert widget.label == setting.label
    widget.set_value(other)
    app.run()
    assert value(app) == repr(other)
    assert app.query_params[which] in (setting.write(other), [setting.write(other)])


def narrowed(available: tuple[str, ...]) -> None:
    """Turn a setting of which only some options work now."""
    import streamlit as st
    from test_setting_widgets import KNOBS

    from pages.components.inputs.setting_widgets import draw_setting
    from pages.components.state import url_state

    url_state.follow()
    st.code(repr(draw_setting(KNOBS["few"][0], "page", available=available)))
    url_state.publish()


@pytest.mark.parametrize(
    ("asked", "available", "expected"),
    [
        ("three", ("one", "three"), "three"),
        ("three", ("one", "two"), "two"),  # the default, as it is there
        ("two", ("one", "three"), "one"),  # else the first
        ("nonsense", ("three",), "three"),
    ],
)
def test_only_what_works_now_is_offered(asked: str, available: tuple[str, ...], expected: str) -> None:
    app = AppTest.from_function(narrowed, default_timeout=20, args=(available,))
    app.query_params["few"] = asked
    app.run()
    assert value(app) == repr(expected)
    (widget,) = app.get("button_group")
    assert widget.options == [text for name, text in FEW if name in available]


def test_a_name_has_no_widget_of_its_own() -> None:
    def named() -> None:
        import pytest

        from core.settings import Identifier
        from pages.components.inputs.setting_widgets import draw_setting
        from pages.components.state import url_state

        url_state.follow()
        with pytest.raises(TypeError, match="no widget is declared for Identifier"):
            draw_setting(Identifier(name="layer", label="Layer", default=""), "page")

    assert not AppTest.from_function(named, default_timeout=20).run().exception
