"""The section of one cell: its receptive field, in numbers that are core's, and the ways out where there is none."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.architectures.loading import load
from core.architectures.receptive_field.fields import receptive_fields
from core.datasets.sample_images import sample
from core.visualization.activations.activation_capture import capture
from core.visualization.receptive_field.growth import GrowthPoint
from pages.components.caches import architectures
from pages.components.figures.receptive_field import growth_figure
from pages.visualization import selection
from pages.visualization.cell import receptive_field as section
from tests.pages.opened import Open, address

CELL = {"section": "cell", "weights": "untrained", "backbone": "tiny_resnet"}
WORDS = {
    name: name for name in ("size", "height", "width", "whole", "picture", "chosen", "layers", "pixels", "stage 1")
}


def shown(app: AppTest) -> dict[str, Any]:
    """Return the head of what the component is given."""
    for element in app.get("bidi_component"):
        data = element.proto.bytes
        if data:
            (length,) = struct.unpack("<I", data[:4])
            head: dict[str, Any] = json.loads(data[4 : 4 + length])
            if "margin" in head:
                return head
    raise AssertionError("the receptive field is not drawn")


def facts(app: AppTest) -> dict[str, str]:
    return dict(shown(app)["facts"])


def test_the_cell_is_in_the_link_and_its_field_is_cores(open_page: Open) -> None:
    layer = "stage2.block1.conv2.norm"
    app = open_page(**CELL, layer=layer, channel=7, row=3, column=30, gradient="all", heat=35)
    assert not app.exception
    wanted = {"channel": "7", "row": "3", "column": "30", "gradient": "all", "heat": "35"}
    assert {name: address(app)[name] for name in wanted} == wanted
    head = shown(app)
    field = receptive_fields(load("tiny_resnet", "untrained"))[layer]
    assert field is not None
    assert (head["row"], head["column"], head["h"], head["w"]) == (3, 30, *field.cells)
    for axis, true in zip(head["field"], (field.height, field.width), strict=True):
        assert (axis["size"], axis["stride"], axis["padding"]) == (true.size, true.stride, true.padding)
        assert (tuple(axis["firsts"]), tuple(axis["lasts"])) == (true.firsts, true.lasts)
    box, inside = field.box(3, 30), field.clipped(3, 30)
    assert box is not None
    assert inside is not None
    said = facts(app)
    assert said["Receptive field"] == f"{box.height}×{box.width} px"
    assert said["Within the picture"] == f"rows 0 to {inside.bottom - 1}, columns {inside.left} to {inside.right - 1}"
    assert said["Unclipped"].startswith(f"rows −{-box.top} to {box.bottom - 1}")
    assert said["95% of the gradient in"].split(" of ")[1].startswith(f"{inside.height * inside.width} px")


@pytest.mark.parametrize("name", ["tiny_inception", "tiny_squeezenet", "tiny_mobilenet"])
def test_a_global_step_means_the_whole_picture(open_page: Open, name: str) -> None:
    backbone = load(name, "untrained")
    whole = next(layer for layer, field in receptive_fields(backbone).items() if field and field.is_whole)
    app = open_page(**{**CELL, "backbone": name}, layer=whole)
    assert not app.exception
    assert facts(app)["Receptive field"].startswith("the whole picture")
    assert facts(app)["Share of the picture"] == "100%"


def test_a_cell_that_is_off_is_led_out_of(open_page: Open) -> None:
    layer = "stage3.block1.relu"
    maps = capture(load("tiny_resnet", "untrained"), sample("chelsea")).maps(layer)
    channel, row, column = (int(places[0]) for places in (maps == 0).nonzero())
    app = open_page(**CELL, layer=layer, channel=channel, row=row, column=column)
    assert shown(app)["share"] is None
    assert "no pixel" in shown(app)["words"]["zero"].lower()
    next(button for button in app.button if button.label == "Strongest cell").click().run()
    strongest = maps[channel].argmax()
    assert (int(address(app)["row"]), int(address(app)["column"])) == divmod(int(strongest), maps.shape[2])
    next(button for button in app.button if button.label == "Before the activation function").click().run()
    assert address(app)["layer"] == "stage3.block1.add"
    assert shown(app)["share"] is not None


def test_what_takes_long_is_computed_on_demand(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(section, "takes_long", lambda _backbone: True)
    app = open_page(**CELL, layer="stage1.block1.add", row=9, column=9)
    assert not app.exception
    assert address(app)["effective"] == "0"
    assert shown(app)["share"] is None
    app.toggle(key="visualization.effective").set_value(True).run()
    assert not app.exception
    assert address(app)["effective"] == "1"
    assert shown(app)["share"] is not None
    assert not shown(app)["pending"]


def test_a_field_that_is_not_known_is_said_to_be_so(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(architectures, "receptive_fields", lambda _model: {})
    app = open_page(**CELL, layer="stage1.block1.add")
    assert not app.exception
    assert shown(app)["field"] is None
    assert facts(app)["Receptive field"].startswith("not known")
    assert shown(app)["share"] is not None  # the gradient is there all the same


@pytest.mark.parametrize(
    ("state", "chosen"),
    [
        ({"cell": [2, 5]}, (2, 5)),
        ({"cell": None}, None),
        ({"cell": ["2", 5]}, None),
        ({"cell": [1]}, None),
        (None, None),
    ],
)
def test_only_a_cell_is_taken_for_one(monkeypatch: pytest.MonkeyPatch, state: object, chosen: object) -> None:
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr(selection.st, "session_state", {section.VIEW: state})
    monkeypatch.setattr(selection, "set_cell", lambda *cell: taken.append(cell))
    assert selection.take_cell(section.VIEW) == (chosen is not None)
    assert taken == ([chosen] if chosen else [])


def test_a_click_on_the_curve_chooses_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    monkeypatch.setattr(section, "set_layer", taken.append)
    for points in ([{"customdata": "stem.conv"}], [{"x": 1}], []):
        monkeypatch.setattr(section.st, "session_state", {section.CURVE: {"selection": {"points": points}}})
        section._remember_layer()
    assert taken == ["stem.conv"]


def point(number: int, height: int | None, width: int | None, sees_all: bool = False) -> GrowthPoint:
    return GrowthPoint(number, f"layer{number}", "Conv2d", "stage 1", 8, 8, height, width, 1, 1, sees_all)


def test_the_curve_shows_what_there_is() -> None:
    square = growth_figure([point(1, 3, 3), point(2, 5, 5)], "layer2", 64, WORDS)
    assert [trace.name for trace in square.data] == ["picture", "size", "chosen"]
    assert list(square.data[1].customdata) == ["layer1", "layer2"]
    assert (list(square.data[0].y), list(square.data[2].x), list(square.data[2].y)) == ([64, 64], [2], [5])
    apart = growth_figure([point(1, 3, 3), point(2, 5, 7), point(3, None, None, True)], "layer3", 64, WORDS)
    assert [trace.name for trace in apart.data] == ["picture", "height", "width", "whole", "chosen"]
    assert (list(apart.data[3].x), list(apart.data[3].y)) == ([3], [64])
    assert (list(apart.data[4].x), list(apart.data[4].y)) == ([3], [64])
