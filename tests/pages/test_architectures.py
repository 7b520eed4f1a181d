"""The Architectures page: the map and its budget, one network at any size, family cards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.architectures.costs.costs import blueprint
from core.architectures.costs.datasheets import datasheets
from core.architectures.teaching.design_ideas import IDEAS
from core.architectures.teaching.quiz import Subject, questions
from core.architectures.zoo.backbones import BACKBONES
from core.architectures.zoo.families import FAMILIES
from core.i18n import grouped
from tests.pages.opened import Open, address, texts

UNTRAINED = {"weights": "untrained"}


def figure(app: AppTest, index: int = 0) -> dict[str, Any]:
    chart: dict[str, Any] = json.loads(app.get("plotly_chart")[index].proto.spec)
    return chart


def drawn(app: AppTest) -> dict[str, tuple[float, float, float]]:
    """Return x, y and opacity of each backbone on the map."""
    return {
        name: (x, y, opacity)
        for trace in figure(app)["data"]
        if "customdata" in trace
        for name, x, y, opacity in zip(
            trace["customdata"], trace["x"], trace["y"], trace["marker"]["opacity"], strict=True
        )
    }


def test_the_map_shows_all_that_have_both_values(open_page: Open) -> None:
    app = open_page("architectures")
    assert not app.exception
    expected = {name for name, sheet in datasheets().items() if sheet.top1 is not None}
    assert drawn(app).keys() == expected
    x, y, _opacity = drawn(app)["resnet50"]
    assert (x, y) == (pytest.approx(4.089, rel=1e-3), 76.13)
    assert "6 are not on the chart" in texts(app)


def test_any_quantity_can_be_an_axis_size_or_colour(open_page: Open) -> None:
    names = ("top1", "parameters", "macs", "memory", "year", "field", "depth")
    for across, up in zip(names, (*names[1:], names[0]), strict=True):
        app = open_page("architectures", across=across, up=up, area=up, tint=across)
        assert not app.exception
        assert len(drawn(app)) == (len(BACKBONES) if "top1" not in (across, up) else len(BACKBONES) - 6)
        assert figure(app)["layout"]["coloraxis"]["colorbar"]["title"]["text"]


def test_latency_that_nobody_measured_leaves_an_empty_map_and_says_why(open_page: Open) -> None:
    app = open_page("architectures", up="latency")
    assert not app.exception
    assert not drawn(app)
    assert "latency has to be measured first" in texts(app)
    assert any("latency" in (button.label or "").lower() for button in app.button)


def test_a_budget_dims_what_does_not_fit_and_names_the_best(open_page: Open) -> None:
    app = open_page("architectures", parameters_at_most="5", macs_at_most="1")
    sheets = datasheets()
    fitting = {name for name, sheet in sheets.items() if sheet.parameters <= 5e6 and sheet.macs <= 1e9}
    shown = drawn(app)
    assert {name for name, (_x, _y, opacity) in shown.items() if opacity > 0.5} == fitting & shown.keys()
    best = max((name for name in fitting if sheets[name].top1), key=lambda name: sheets[name].top1 or 0)
    assert f"{len(fitting)} of {len(BACKBONES)} fit." in texts(app)
    assert f"The most accurate of them: {BACKBONES[best].title}" in texts(app)


@pytest.mark.parametrize("name", ["tiny_vgg", "inception_v3", "densenet121", "squeezenet1_0", "convnext_tiny"])
def test_a_network_is_shown_from_the_outside_to_the_inside(open_page: Open, name: str) -> None:
    entry = BACKBONES[name]
    app = open_page("architectures", part="network", backbone=name, **UNTRAINED)
    assert not app.exception
    said = texts(app)
    assert f"{entry.title} · {entry.year}" in said
    assert FAMILIES[entry.family].idea in said
    assert f"Totals: {grouped(entry.parameters)} parameters, {grouped(datasheets()[name].macs)} MACs" in said
    table = app.dataframe[0].value
    assert int(table["Parameters"].sum()) == entry.parameters
    assert int(table["MACs"].sum()) == datasheets()[name].macs
    assert table["Share of MACs"].sum() == pytest.approx(100)
    bars = [trace for trace in figure(app)["data"] if trace["type"] == "bar"]
    assert len(bars) == 3
    assert [sum(trace["x"]) for trace in bars[:2]] == [entry.parameters, datasheets()[name].macs]


def test_a_picture_that_is_too_small_is_explained(open_page: Open) -> None:
    app = open_page("architectures", part="network", backbone="inception_v3", side="48", **UNTRAINED)
    assert not app.exception
    assert "At 48 px the network stops: Mixed_7a.branch3x3_2.conv has nothing left" in app.warning[0].value
    assert "⌊(1 + 2·0 − 1·(3 − 1) − 1)/2⌋ + 1 = 0" in app.warning[0].value
    app = open_page("architectures", part="network", backbone="tiny_vgg", side="96", **UNTRAINED)
    assert "takes 2560 numbers and is given 5760" in app.warning[0].value


def test_the_size_follows_the_network_until_a_person_chooses(open_page: Open) -> None:
    app = open_page("architectures", part="network", backbone="tiny_resnet")
    assert address(app)["side"] == "64"
    app.session_state["shared.backbone"] = "resnet18"
    app.run()
    assert address(app)["side"] == "224"
    next(field for field in app.number_input if field.key == "architectures.side").set_value(160).run()
    app.session_state["shared.backbone"] = "mobilenet_v2"
    app.run()
    assert address(app)["side"] == "160"


def test_a_layer_in_the_link_is_told_with_its_formulas(open_page: Open) -> None:
    link = {"part": "network", "backbone": "resnet18", **UNTRAINED, "of_layer": "conv1"}
    app = open_page("architectures", **link)
    said = texts(app)
    assert "⌊(224 + 2·3 − 1·(7 − 1) − 1)/2⌋ + 1 = 112" in said
    assert f"7×7×3×64 = {grouped(9408)}" in said
    assert f"112×112×7×7×3×64 = {grouped(118013952)}" in said
    assert address(app)["of_layer"] == "conv1"
    assert address(open_page("architectures", **{**link, "of_layer": "nonsense"}))["of_layer"] == ""


def test_every_family_has_its_card_and_ways_to_its_backbones(open_page: Open) -> None:
    app = open_page("architectures", part="families")
    assert not app.exception
    said = texts(app)
    for family in FAMILIES.values():
        assert f"**{family.name}** · {family.year}" in said
        assert all(text in said for text in (family.idea, family.introduced, family.take_when, family.weakness))
    next(button for button in app.button if button.key == "architectures.open.xception").click().run()
    assert not app.exception
    assert address(app)["part"] == "network"
    assert address(app)["backbone"] == "xception"


def test_networks_stand_side_by_side_with_their_answers(open_page: Open) -> None:
    link = {"part": "beside", "backbone": "tiny_resnet", "with": "tiny_vgg,squeezenet1_1", **UNTRAINED}
    app = open_page("architectures", **link)
    assert not app.exception
    said = texts(app)
    assert said.count("ms for this picture here, on one core") == 3
    steps = [trace for trace in figure(app)["data"] if trace["xaxis"] == "x"]
    assert [trace["name"] for trace in steps] == ["Tiny ResNet", "Tiny VGG", "SqueezeNet 1.1"]
    assert steps[0]["y"][0] == 64
    assert steps[2]["y"][-1] == 1
    assert address(app)["with"] == "tiny_vgg,squeezenet1_1"
    costs = [trace["x"] for trace in figure(app, 1)["data"]]
    names = ("tiny_resnet", "tiny_vgg", "squeezenet1_1")
    assert costs[0] == [datasheets()[name].parameters for name in names]
    assert costs[1] == [datasheets()[name].macs for name in names]


def test_a_network_without_its_weights_does_not_hide_the_others(open_page: Open) -> None:
    app = open_page("architectures", part="beside", backbone="resnet18", weights="imagenet", **{"with": "tiny_vgg"})
    assert not app.exception
    assert "ms for this picture here" in texts(app)
    assert len(app.get("plotly_chart")) == 2


def test_every_idea_has_its_experiment(open_page: Open) -> None:
    for idea in IDEAS.values():
        app = open_page("architectures", part="ideas", idea=idea.name)
        assert not app.exception
        assert idea.text in texts(app)
        assert idea.lesson in texts(app)
        designs = idea.designs(idea.values())
        assert figure(app)["data"][0]["x"] == [design.parameters for design in designs]
        assert all(f"**{grouped(design.parameters)}**" in texts(app) for design in designs)
    app = open_page("architectures", part="ideas", idea="separable", channels="512", groups="64", maps_side="7")
    assert grouped(9 * 512 * 512) in texts(app)


def test_gradients_follow_the_settings(open_page: Open) -> None:
    link = {"part": "ideas", "idea": "gradients"}
    app = open_page("architectures", **link, blocks="20", spread="0.7")
    plain, residual = (trace["y"] for trace in figure(app)["data"])
    assert len(plain) == len(residual) == 40
    assert max(plain) < 1e-5 < min(residual)
    app = open_page("architectures", **link, blocks="20", spread="0.7", normalised="1")
    assert min(figure(app)["data"][0]["y"]) > 1e-5


def test_a_window_that_fits_nowhere_is_explained(open_page: Open) -> None:
    link = {"part": "ideas", "idea": "sliding"}
    app = open_page("architectures", **link, cells="8", kernel="3", stride="2", padding="1", dilation="1")
    assert "⌊(8 + 2·1 − 1·(3 − 1) − 1)/2⌋ + 1 = 4" in texts(app)
    app = open_page("architectures", **link, cells="4", kernel="7", padding="1", dilation="2")
    assert "The window covers 13 cells, the padded input has 6" in app.warning[0].value
    app = open_page("architectures", **link, slides="pool", kernel="2", padding="2")
    assert "half of its kernel at most, 1 here" in app.warning[0].value


def test_questions_are_guessed_and_then_revealed(open_page: Open) -> None:
    app = open_page("architectures", part="quiz", backbone="vgg16", **UNTRAINED)
    assert not app.exception
    entry = BACKBONES["vgg16"]
    asked = questions(Subject(entry, blueprint(entry).costs(224)), 1)
    assert len(app.radio) == len(asked) == 5
    assert all(button.disabled for button in app.button if (button.key or "").endswith(".reveal"))
    app.radio[0].set_value(asked[0].right).run()
    next(button for button in app.button if (button.key or "").endswith("1.1.reveal")).click().run()
    assert len(app.success) == 1
    assert "1 of 5 right so far." in texts(app)
    wrong = (asked[1].right + 1) % len(asked[1].options)
    app.radio[1].set_value(wrong).run()
    next(button for button in app.button if (button.key or "").endswith("1.2.reveal")).click().run()
    assert "1 of 5 right so far." in texts(app)
    next(button for button in app.button if button.key == "architectures.next_round").click().run()
    assert address(app)["round"] == "2"
    assert not app.success


def test_a_link_that_hides_the_answers_offers_no_way_to_them(open_page: Open) -> None:
    app = open_page("architectures", part="quiz", backbone="vgg16", **UNTRAINED, hides="1")
    assert not [button for button in app.button if (button.key or "").endswith(".reveal")]
    assert not [toggle for toggle in app.toggle if toggle.key == "architectures.hides"]
    assert address(app)["hides"] == "1"
    assert "The answers are hidden" in texts(app)
    app = open_page("architectures", part="quiz", backbone="vgg16", **UNTRAINED)
    next(toggle for toggle in app.toggle if toggle.key == "architectures.hides").set_value(True).run()
    assert address(app)["hides"] == "1"
    assert not [button for button in app.button if (button.key or "").endswith(".reveal")]


def test_a_network_is_put_together_step_by_step(open_page: Open) -> None:
    app = open_page("architectures", part="build", stack="conv-16-1")
    assert not app.exception
    assert "**Together: 566 parameters" in texts(app)
    press(app, "architectures.add.residual")
    assert address(app)["stack"] == "conv-16-1,residual-16-1"
    next(box for box in app.selectbox if box.key == "architectures.step.1.residual.width").set_value(32).run()
    assert address(app)["stack"] == "conv-16-1,residual-32-1"
    press(app, "architectures.step.1.residual.arrow_upward")
    assert address(app)["stack"] == "residual-32-1,conv-16-1"
    press(app, "architectures.step.0.residual.remove")
    assert address(app)["stack"] == "conv-16-1"
    for before in ("residual-32-1,conv-16-1", "conv-16-1,residual-32-1", "conv-16-1,residual-16-1", "conv-16-1"):
        press(app, "architectures.undo")
        assert address(app)["stack"] == before
    press(app, "architectures.clear")
    assert "Nothing is built yet" in app.info[0].value


def test_a_mistake_is_explained_at_its_step_and_stops_the_rest(open_page: Open) -> None:
    app = open_page("architectures", part="build", stack="conv-16-1,xception-64-1,pool-16-2")
    assert not app.exception
    assert "16 channels come in and 64 go out" in app.error[0].value
    assert "Together" not in texts(app)
    assert not [button for button in app.button if button.key == "architectures.training_player.start"]
    next(box for box in app.selectbox if box.key == "architectures.step.1.xception.stride").set_value(2).run()
    assert not app.error
    assert "Together" in texts(app)
    assert "class Network(nn.Module)" in app.code[0].value


def press(app: AppTest, key: str) -> None:
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception
