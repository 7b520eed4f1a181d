"""The section of evidence: every method, both classes, what is said where there is none, and long work that waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.visualization.attribution.base import Attribution
from core.visualization.attribution.methods import METHODS
from pages.components.canvas.attribution_maps import Panel
from pages.components.jobs import incremental
from pages.visualization.attribution import method_comparison, occluder, sanity_check
from pages.visualization.attribution import section as evidence
from pages.visualization.attribution.request import ANSWER_STATE
from tests.pages.opened import Open, address, texts

QUICK = {"patch": 50, "patch_stride": 100, "noise_samples": 2, "path_steps": 2}
LINK = {"section": "evidence", "backbone": "tiny_vgg", "weights": "untrained", "seed": 12, **QUICK}
Views = list[tuple[Sequence[Panel], Mapping[str, str]]]


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> Views:
    """The panels and the words of everything that is drawn as maps over the picture, as it happens."""
    seen: Views = []
    for module in (evidence, sanity_check, method_comparison):
        bare = module.attribution_maps_view

        def view(
            key: str, panels: Sequence[Panel], picture: Any, words: Any, *rest: Any, bare: Any = bare, **more: Any
        ) -> None:
            seen.append((panels, words))
            bare(key, panels, picture, words, *rest, **more)

        monkeypatch.setattr(module, "attribution_maps_view", view)
    return seen


def button(app: AppTest, label: str) -> Any:
    return next(each for each in app.button if each.label.startswith(label))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_shown_for_two_classes_on_one_scale(open_page: Open, views: Views, method: str) -> None:
    app = open_page(**LINK, method=method, against=5, layer="stage1.conv1.relu", at="chosen")
    assert not app.exception
    assert not app.error
    assert address(app)["method"] == method
    assert address(app)["against"] == "5"
    assert {name: address(app)[name] for name in QUICK if name in address(app)} == {
        setting.name: str(QUICK[setting.name]) for setting in METHODS[method].settings if setting.name in QUICK
    }
    ((panels, words),) = views
    shown = [panel for panel in panels if panel.values is not None]
    assert len(shown) == 2
    assert shown[0].title != shown[1].title
    assert (shown[0].low, shown[0].high) == (shown[1].low, shown[1].high)
    assert shown[0].high == max(
        abs(float(edge)) for panel in shown for edge in (panel.values.min(), panel.values.max())
    )
    assert "scale" in words["range"]
    assert f"method={method!r}" in app.code[-1].value or f"{method!r}" in app.code[-1].value


def test_no_positive_evidence_is_said_and_not_drawn(
    open_page: Open, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Attribution, "has_positive", lambda self, target: False)
    assert not open_page(**(LINK | {"seed": 13})).exception
    assert views[0][0][-1].message.startswith("No positive evidence for “")


def test_a_layer_without_maps_says_so_and_leads_on(open_page: Open, views: Views) -> None:
    app = open_page(**LINK, layer="head.linear", at="chosen")
    assert not app.exception
    assert not views
    assert "puts out numbers, not maps" in texts(app)
    button(app, "Look at stage4.conv3.relu").click().run()
    assert not app.exception
    assert address(app)["at"] == "last"
    assert len(views) == 1


def test_the_sanity_check_tells_how_much_both_maps_agree(open_page: Open, views: Views) -> None:
    app = open_page(**LINK, method="saliency", check=1)
    assert not app.exception
    assert "**Rank correlation " in texts(app)
    assert address(app)["check"] == "1"
    assert views[-1][0][1].title == "random weights, seed 13"  # another than the network's own
    assert views[-1][0][0].values is not None


def test_methods_are_compared_with_chance(open_page: Open, views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "LONG_SECONDS", 1e9)
    app = open_page(**LINK, method="occlusion", compare=1)
    assert not app.exception
    titles = [panel.title for panel in views[-1][0]]
    assert titles == [
        "Grad-CAM", "Grad-CAM++", "Layer-CAM", "Saliency", "Guided backpropagation", "Occlusion", "Chance",
    ]  # fmt: skip
    assert all("↑ " in panel.facts or panel.message for panel in views[-1][0])
    assert address(app)["compare"] == "1"
    assert len(app.get("plotly_chart")) == 1


def test_what_takes_long_waits_to_be_asked_for_and_goes_on_where_it_was(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental, "LONG_SECONDS", -1.0)
    starts: list[str] = []
    bare = evidence.explain
    monkeypatch.setattr(evidence, "explain", lambda *request: (starts.append(request[1]), bare(*request))[1])
    app = open_page(**(LINK | {"seed": 14, "noise_samples": 40}), method="smooth_grad")
    assert not app.exception
    first = app.session_state[ANSWER_STATE].latest.step
    assert 0 < first < 40
    monkeypatch.setattr(incremental, "LONG_SECONDS", 0.0)
    button(app, "Go on").click().run()
    assert not app.exception
    assert starts == ["smooth_grad"]
    assert ANSWER_STATE not in app.session_state
    assert not [each for each in app.button if each.label.startswith(("Go on", "Stop"))]
    again = open_page(**(LINK | {"seed": 14, "noise_samples": 40}), method="smooth_grad")
    assert not again.exception
    assert starts == ["smooth_grad"]  # kept for the next visitor


def test_the_square_is_in_the_link_and_what_it_covers_is_told(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, Mapping[str, str]]] = []
    monkeypatch.setattr(occluder, "occluder", lambda _key, shown, words, _on: told.append((shown, words)))
    app = open_page(**LINK, method="occlusion", covered="250-500")
    assert not app.exception
    assert address(app)["covered"] == "250-500"
    shown, words = told[-1]
    assert (shown.square.top, shown.square.left, shown.square.side) == (16, 32, 32)
    assert "→" in words["result"]
    assert "most probable now: " in words["result"]
    for odd in ("x", "9999-9999", "1-2-3", "", "-1-5"):
        app = open_page(**LINK, method="occlusion", covered=odd)
        assert not app.exception
        assert 0 <= told[-1][0].square.top <= 32


def test_other_methods_leave_its_settings_out_of_the_link(open_page: Open) -> None:
    app = open_page(**LINK, covered="250-500")
    assert not set(address(app)) & {*QUICK, "covered", "cover", "measure"}
