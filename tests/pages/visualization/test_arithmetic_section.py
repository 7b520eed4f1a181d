"""The arithmetic of a cell on the page: for each kind of layer it is drawn, taken along, and in the link."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.architectures.loading import Backbone, load
from core.datasets.sample_images import sample
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.activations.activation_capture import Activations, capture
from core.visualization.arithmetic.explain import Cell, explain_cell
from tests.pages.opened import Open, address, texts

BACKBONE = "tiny_resnet"
LAYER = "stage2.block1.conv1.relu"
VIEW = {"backbone": BACKBONE, "weights": "untrained", "seed": 0, "section": "cell", "picture": "chelsea"}
CELL = {"channel": 5, "row": 6, "column": 7}


@pytest.fixture(scope="module")
def captured() -> tuple[Backbone, Activations, np.ndarray]:
    """What core computes of the same picture."""
    backbone = load(BACKBONE, "untrained", 0)
    image = fit_to_input(sample("chelsea"), backbone.preprocessing, "crop").image
    return backbone, capture(backbone, sample("chelsea")), to_array(image, backbone.preprocessing)


def drawn(app: AppTest) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return what was sent to the browser: the head, and the maps and kernels behind the two colour maps."""
    (sent,) = [
        element.proto.bytes
        for element in app.get("bidi_component")
        if element.proto.component_name == "convscope.cell_arithmetic"
    ]
    length = int.from_bytes(sent[:4], "little")
    head = json.loads(sent[4 : 4 + length])
    start = 4 + length
    blocks = [sent[start + at : start + at + size] for at, size in head["blocks"]]
    return head, [np.frombuffer(block, np.float32) for block in blocks[2:]]


def test_what_is_sent_adds_up_to_the_value_in_the_tensor(
    open_page: Open, captured: tuple[Backbone, Activations, np.ndarray]
) -> None:
    app = open_page(layer=LAYER, **VIEW, **CELL)
    assert not app.exception
    head, numbers = drawn(app)
    found = explain_cell(*captured, Cell(LAYER, 5, 6, 7))
    assert (head["kind"], head["cell"], head["chosen"]) == ("sum", [6, 7], 2)
    assert [link["layer"] for link in head["links"]] == [
        LAYER.replace("relu", part) for part in ("conv", "norm", "relu")
    ]
    shown = sum(term["value"] for term in head["terms"])
    assert shown + head["rest"] + (head["bias"] or 0.0) == pytest.approx(found.stored[0], rel=1e-4)
    assert head["values"] == list(found.values)
    for link, values in zip(head["links"], numbers[:3], strict=True):
        assert np.array_equal(values.reshape(head["out"]), captured[1].maps(link["layer"])[5])
    source, kernel = numbers[3].reshape(head["terms"][0]["shape"]), numbers[4].reshape(3, 3)
    channel = int(re.findall(r"\d+", head["terms"][0]["title"])[0])
    assert np.array_equal(source, captured[1].maps("stage1.block2.relu")[channel])
    assert (source[11:14, 13:16] * kernel).sum() == pytest.approx(head["terms"][0]["value"], rel=1e-4)


def test_the_link_says_what_is_looked_at(open_page: Open) -> None:
    found = address(open_page(layer=LAYER, contributions=3, **VIEW, **CELL))
    assert {name: found[name] for name in (*CELL, "contributions")} == {
        "channel": "5",
        "row": "6",
        "column": "7",
        "contributions": "3",
    }


def test_another_cell_begins_with_its_largest_contributions(open_page: Open) -> None:
    app = open_page(layer=LAYER, contributions=3, **VIEW, **CELL)
    assert drawn(app)[0]["page"] == 3
    app.session_state["visualization.row"] = 9
    app.run()
    assert not app.exception
    head = drawn(app)[0]
    assert (head["page"], head["cell"]) == (1, [9, 7])


@pytest.mark.parametrize(
    ("layer", "kind", "said"),
    [
        ("stem.conv", "sum", "reads 3 channels of the picture"),
        ("stage1.block1.add", "add", "at one place"),
        ("head.pool", "average", "divided by 64"),
        ("head.linear", "sum", "reads 176 numbers of `head.pool`"),
    ],
)
def test_each_kind_of_layer_has_its_own_words(open_page: Open, layer: str, kind: str, said: str) -> None:
    app = open_page(layer=layer, **VIEW)
    assert not app.exception
    assert drawn(app)[0]["kind"] == kind
    assert said in texts(app)


def test_what_is_downloaded_is_named_after_the_cell(open_page: Open) -> None:
    app = open_page(layer=LAYER, **VIEW, **CELL)
    assert any("Cell('stage2.block1.conv1.relu', channel=5, row=6, column=7)" in element.value for element in app.code)
    labels = [element.proto.label for element in app.get("download_button")]
    assert {"All terms as CSV", "Patches, kernels and products as NPZ"} <= set(labels)
