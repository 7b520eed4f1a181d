"""A choice stays what it is when its labels change: on the page, in what the browser sends, and in what it is told."""

from __future__ import annotations

import gc
import importlib
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import Choice
from pages.components.i18n import LANGUAGES, translation
from pages.components.inputs.choices import TELLINGS
from tests.contracts.source import modules

TITLES = {
    "en": {"rock": "Rock", "sand": "Sand", "soil": "Soil"},
    "es": {"rock": "Roca", "sand": "Arena", "soil": "Suelo"},
}
WAYS = ("box", "row", "list")


def page(way: str) -> None:
    """Offer one choice in the language that the session speaks, and say what is chosen and how often it changed."""
    import streamlit as st
    from test_choices import TITLES

    from pages.components.inputs.choices import choose, choose_some

    def count(step: int) -> None:
        st.session_state["changes"] = st.session_state.get("changes", 0) + step

    titles = TITLES[st.session_state.get("speaks", "en")]
    offered = [name for name in titles if name not in st.session_state.get("gone", ())]
    draw: Any = choose if way in ("box", "row", "list") else choose_some
    way = way.removeprefix("several in a ")
    chosen = draw("Ground", offered, titles.__getitem__, "ground", way=way, on_change=count, args=(1,))
    st.code(repr((chosen, st.session_state["ground"], st.session_state.get("changes", 0))))


def opened(way: str) -> AppTest:
    return AppTest.from_function(page, default_timeout=20, args=(way,)).run()


def said(app: AppTest) -> Any:
    assert not app.exception, app.exception[0].message
    chosen, kept, changes = eval(app.code[0].value)
    assert chosen == kept
    return chosen, changes


def widget(app: AppTest) -> Any:
    kinds = ("selectbox", "button_group", "radio", "multiselect")
    return next(found[0] for kind in kinds if (found := app.get(kind)))


def told(app: AppTest) -> list[str] | None:
    """Return the labels that the browser is told are chosen; None where it is told nothing."""
    proto = widget(app).proto
    if not proto.set_value:
        return None
    if hasattr(proto, "raw_values"):
        return list(proto.raw_values)
    return [proto.raw_value if hasattr(proto, "raw_value") else proto.value]


def send(app: AppTest, *labels: str) -> AppTest:
    """Let the browser send labels, whatever the page offers by now."""
    states = app._tree.get_widget_states()
    (state,) = (state for state in states.widgets if state.id == widget(app).proto.id)
    if state.WhichOneof("value") == "string_value":
        (state.string_value,) = labels
    else:
        state.string_array_value.data[:] = labels
    return app._run(states)


@pytest.mark.parametrize("way", WAYS)
def test_the_choice_is_the_same_in_another_language_and_the_browser_is_told_its_label(way: str) -> None:
    app = opened(way)
    assert said(app) == ("rock", 0)
    widget(app).set_value("sand").run()
    assert said(app) == ("sand", 1)
    for _ in range(TELLINGS):
        app.run()
    assert told(app) is None  # it has said so itself
    app.session_state["speaks"] = "es"
    app.run()
    assert said(app) == ("sand", 1)
    assert told(app) == ["Arena"]
    for _ in range(TELLINGS):
        assert said(app.run()) == ("sand", 1)
    assert told(app) is None


@pytest.mark.parametrize("way", WAYS)
def test_a_browser_that_goes_on_sending_the_old_label_is_told_the_new_one(way: str) -> None:
    app = opened(way)
    widget(app).set_value("sand").run()
    app.session_state["speaks"] = "es"
    app.run()
    for _ in range(TELLINGS - 1):
        assert said(send(app, "Sand")) == ("sand", 1)
        assert told(app) == ["Arena"]
    assert said(send(app, "Arena")) == ("sand", 1)
    assert told(app) is None


@pytest.mark.parametrize("way", ["box", "list"])
def test_what_was_clicked_before_the_new_labels_came_is_what_was_meant(way: str) -> None:
    app = opened(way)
    widget(app).set_value("sand").run()
    app.session_state["speaks"] = "es"
    app.run()
    assert said(send(app, "Soil")) == ("soil", 2)
    assert told(app) == ["Suelo"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("label", ["Mud", "", "sandy", "Arena y roca"])
def test_what_is_no_option_leaves_the_choice_as_it_was(way: str, label: str) -> None:
    app = opened(way)
    widget(app).set_value("sand").run()
    assert said(send(app, label)) == ("sand", 1)


@pytest.mark.parametrize("way", WAYS)
def test_an_option_that_is_gone_gives_way_to_the_first(way: str) -> None:
    app = opened(way)
    widget(app).set_value("sand").run()
    app.session_state["gone"] = ("sand",)
    assert said(app.run())[0] == "rock"
    assert told(app) == ["Rock"]


@pytest.mark.parametrize("way", ["several in a row", "several in a box"])
def test_several_stay_chosen_in_another_language(way: str) -> None:
    app = opened(way)
    widget(app).set_value(["soil", "rock"]).run()
    assert said(app) == (["soil", "rock"], 1)
    app.session_state["speaks"] = "es"
    app.run()
    assert said(app) == (["soil", "rock"], 1)
    assert told(app) == ["Suelo", "Roca"]
    assert said(send(app, "Soil", "Rock")) == (["soil", "rock"], 1)
    assert told(app) == ["Suelo", "Roca"]
    assert said(send(app, "Suelo")) == (["soil"], 2)
    app.session_state["gone"] = ("soil",)
    assert said(app.run()) == ([], 2)


def test_options_that_read_the_same_can_be_told_apart() -> None:
    def near_duplicates() -> None:
        import streamlit as st

        from pages.components.inputs.choices import choose

        st.code(repr(choose("Class", [134, 517, 7], {134: "crane", 517: "crane", 7: "cock"}.__getitem__, "class")))

    app = AppTest.from_function(near_duplicates, default_timeout=20).run()
    assert app.selectbox[0].options == ["crane", "crane (2)", "cock"]
    for number in (517, 134, 7):
        app.selectbox[0].set_value(number).run()
        assert app.code[0].value == repr(number)


def every_choice() -> list[Choice]:
    """Return all choices that are declared anywhere, but for those in pages, which draw themselves when imported."""
    for name in modules("pages", "core"):
        if not name.endswith((".page", "__main__")):
            importlib.import_module(name)
    gc.unfreeze()
    return [found for found in gc.get_objects() if type(found) is Choice]


def test_no_label_can_be_taken_for_another_option() -> None:
    choices = every_choice()
    assert len(choices) > 50
    for choice in choices:
        for code in LANGUAGES:
            labels = {value: translation(code).gettext(label) for value, label in choice.options}
            assert len(set(labels.values())) == len(labels), (choice.name, code)
            taken = {label for value, label in labels.items() if label in labels and label != value}
            assert not taken, (choice.name, code)


def test_what_comes_for_a_choice_that_an_address_has_dropped_is_nothing() -> None:
    app = opened("box")
    widget(app).set_value("sand").run()
    states = app._tree.get_widget_states()
    (state,) = (state for state in states.widgets if state.id == widget(app).proto.id)
    state.string_value = "Soil"
    del app.session_state["ground"]
    assert said(app._run(states))[0] in TITLES["en"]


def test_a_click_that_crosses_what_the_browser_is_told_is_answered() -> None:
    app = opened("box")
    for _ in range(TELLINGS - 1):
        app.run()
    assert told(app) == ["Rock"]  # for the last time
    widget(app).set_value("soil").run()
    assert told(app) == ["Soil"]
    assert said(app.run()) == ("soil", 1)
    assert told(app) is None


def test_several_in_a_link_are_those_that_there_are() -> None:
    def named() -> None:
        import streamlit as st

        from core.settings import Identifier
        from pages.components.inputs.setting_widgets import draw_multi_setting
        from pages.components.state import url_state

        url_state.follow()
        setting = Identifier(name="runners", label="Runners", default="a,b")
        st.code(repr(draw_multi_setting(setting, "page", ["a", "b", "c"], str.upper, most=2, way="box")))
        url_state.publish()

    app = AppTest.from_function(named, default_timeout=20)
    app.query_params["runners"] = "c,z,a,b"
    assert app.run().code[0].value == "('c', 'a')"
    app.multiselect[0].set_value(["b", "c"]).run()
    assert app.code[0].value == "('b', 'c')"
    assert app.query_params["runners"] in ("b,c", ["b,c"])
    app.session_state["page.runners"] = "a"
    assert app.run().code[0].value == "('a',)"
