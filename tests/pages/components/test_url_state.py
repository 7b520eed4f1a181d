"""The address holds the whole state and reproduces it; nonsense in it does no harm."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from core.paths import ROOT
from core.settings import Choice, Identifier, Integer, Number, Setting, Text, Toggle
from pages.components.inputs.image_select import PictureSetting
from pages.optimizer_race.surface_race import StartSetting
from tests.pages.opened import Open, address

NONSENSE = (
    "",
    " ",
    "evil",
    "-1",
    "999999",
    "1e400",
    "nan",
    "٣",
    "../../etc/passwd",
    "<script>",
    "%00",
    "x" * 10_000,
    "🙂",
)
STATE = {
    "picture": "retina",
    "backbone": "tiny_inception",
    "weights": "untrained",
    "seed": "17",
    "mode": "explore",
    "layer": "stage3.inception1.branch1x1.conv",
    "order": "maximum",
    "range": "fixed",
    "limit": "0.25",
    "activation": "before",
    "channel": "21",
    "fit": "letterbox",
    "opacity": "5",
    "section": "maps",
}


def declared() -> dict[str, Setting[Any]]:
    """Return the settings that modules of the pages and of core declare; those of a page's script come by `STATE`."""
    found = {}
    for folder in ("pages", "core"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name not in ("page.py", "worker.py", "__init__.py", "__main__.py"):
                module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                found |= {thing.name: thing for thing in vars(module).values() if isinstance(thing, Setting)}
    return found


def values(setting: Setting[Any]) -> list[Any]:
    """Return values that a setting can have."""
    match setting:
        case Choice():
            return list(setting.values)
        case Number():
            return [setting.minimum, setting.maximum, setting.default, setting.minimum + setting.step]
        case Integer():
            largest = 12345 if setting.maximum is None else setting.maximum
            return [setting.minimum, min(setting.minimum + 3, largest), largest]
        case Toggle():
            return [True, False]
        case PictureSetting():
            return ["chelsea", "upload-0123456789ab"]
        case Identifier():
            return ["layer1.0.conv1", "a,b", ""]
        case Text():
            return ["x^2 + sin(3*y)", ""]
        case StartSetting():
            return [(-1.5, 2.0), (0.0, 0.125)]
    raise AssertionError(f"no values are known for {setting}")


def test_every_setting_of_the_page_is_declared_once() -> None:
    settings = declared()
    assert set(STATE) - {"mode"} <= set(settings)
    assert {"page", "with"} <= set(settings)


@pytest.mark.parametrize("setting", declared().values(), ids=declared())
def test_every_value_survives_the_address(setting: Setting[Any]) -> None:
    for value in values(setting):
        assert setting.read(setting.write(value)) == value
        assert isinstance(setting.write(value), str)


@pytest.mark.parametrize("setting", declared().values(), ids=declared())
def test_what_an_address_holds_is_a_value_or_the_default(setting: Setting[Any]) -> None:
    for text in NONSENSE:
        value = setting.read(text)
        assert type(value) is type(setting.default) or isinstance(setting, StartSetting)
        if value != setting.default:
            assert setting.read(setting.write(value)) == value
            assert not isinstance(setting, Choice) or value in setting.values
            assert not isinstance(setting, Number | Integer) or value >= setting.minimum
            assert len(setting.write(value)) <= 300


def test_a_link_with_every_setting_is_kept_to_the_letter(open_page: Open) -> None:
    app = open_page(**STATE)
    assert not app.exception
    assert address(app) == STATE
    assert address(app.run()) == STATE


@pytest.mark.parametrize("name", STATE)
def test_one_wrong_setting_leaves_the_others_alone(open_page: Open, name: str) -> None:
    for text in ("evil", "-77"):
        app = open_page(**{**STATE, name: text})
        assert not app.exception
        found = address(app)
        assert text not in found.values()
        dependent = {
            "backbone": {"layer", "activation", "channel"},
            "weights": {"seed"},
            "layer": {"channel", "activation"},
        }
        kept = set(STATE) - {name} - dependent.get(name, set())
        if name == "range":  # the limit belongs to the fixed range alone
            kept -= {"limit"}
        assert {key: found.get(key) for key in kept} == {key: STATE[key] for key in kept}


def test_the_state_goes_along_to_every_page_and_back(open_page: Open) -> None:
    app = open_page(**STATE)
    shared = {name: STATE[name] for name in ("picture", "backbone", "weights", "seed")}
    for page in ("augmentation", "architectures", "optimizer_race", "transfer_advisor"):
        app.query_params.clear()  # as the navigation's own links have none
        app.switch_page(f"pages/{page}/page.py").run()
        assert not app.exception
        assert {name: address(app)[name] for name in shared} == shared
        assert not address(app).keys() & (STATE.keys() - shared.keys())
    app.query_params.clear()
    app.switch_page("pages/visualization/page.py").run()
    assert address(app) == STATE


def test_another_address_replaces_the_state_altogether(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.components.state import url_state

    monkeypatch.setattr(url_state, "FLIGHT_SECONDS", 0.0)
    app = open_page(**STATE)
    app.query_params.clear()
    app.query_params["backbone"] = "tiny_vgg"
    app.query_params["layer"] = "stage2.conv1.relu"
    app.run()
    assert not app.exception
    found = address(app)
    assert (found["backbone"], found["layer"]) == ("tiny_vgg", "stage2.conv1.relu")
    assert (found["picture"], found["order"], found["range"]) == ("chelsea", "index", "layer")


def test_an_address_is_not_written_twice_while_it_is_on_its_way(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.components.state import url_state

    monkeypatch.setattr(url_state, "FLIGHT_SECONDS", 1000.0)
    app = open_page(**STATE)
    app.query_params.clear()  # as a run has it that was asked for before the address arrived
    assert address(app.run()) == {}
    monkeypatch.setattr(url_state, "FLIGHT_SECONDS", 0.0)
    assert address(app.run()) == STATE


def test_settings_that_do_not_matter_are_not_in_the_address(open_page: Open) -> None:
    app = open_page(**{**STATE, "range": "layer"})
    assert "limit" not in address(app)
    app = open_page("augmentation", **STATE)
    assert set(address(app)) & set(STATE) == {"picture", "backbone", "weights", "seed"}


def test_no_page_or_folder_stands_where_streamlit_would_take_it_for_its_own() -> None:
    assert [path.name for path in Path(ROOT / "pages").glob("*.py")] == ["__init__.py"]
