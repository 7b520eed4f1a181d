"""The export panel of each section: which files it offers, in which order, under which names, made only on demand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from core.architectures.loading import load
from core.exports import exports_of
from core.visualization.feature_visualization.history import History
from core.visualization.feature_visualization.records import Frame, Made, to_jpeg
from pages.components.layout import export_panel
from pages.visualization.selection import SECTION
from tests.pages.opened import Open

PNG, CSV, NPZ, PYTHON = "image/png", "text/csv", "application/octet-stream", "text/x-python"
LAYER = "stage2.block1.conv1.relu"
NAME = f"tiny_resnet-{LAYER}"
CELL = {"section": "cell", "layer": LAYER, "channel": 5, "row": 6, "column": 7}
Offer = tuple[str, str, str]

EXPECTED: dict[str, tuple[dict[str, Any], list[Offer]]] = {
    "maps": (
        {"section": "maps", "layer": LAYER},
        [
            ("Grid as PNG", f"{NAME}.png", PNG),
            ("Activations of the layer as NPZ", f"{NAME}.npz", NPZ),
            ("Python program", "activations.py", PYTHON),
        ],
    ),
    "channel": (
        {"section": "channel", "layer": LAYER, "channel": 5},
        [("The cards as PNG", f"{NAME}-5.png", PNG), ("Python program", "channel.py", PYTHON)],
    ),
    "cell": (
        CELL,
        [
            ("Picture with the field as PNG", f"{NAME}-field.png", PNG),
            ("Receptive fields of all layers as CSV", "tiny_resnet-fields.csv", CSV),
            ("Effective field as NPZ", f"{NAME}-effective.npz", NPZ),
            ("Python program", "receptive_field.py", PYTHON),
            ("All terms as CSV", f"{NAME}-5-6-7.csv", CSV),
            ("Patches, kernels and products as NPZ", f"{NAME}-5-6-7.npz", NPZ),
            ("Python program", "arithmetic.py", PYTHON),
        ],
    ),
    "filters": (
        {"section": "filters", "layer": "stem.conv"},
        [
            ("Filters as PNG", "tiny_resnet-stem.conv-filters.png", PNG),
            ("Norms of all filters as CSV", "tiny_resnet-stem.conv-filters.csv", CSV),
            ("Kernels of the layer as NPZ", "tiny_resnet-stem.conv-filters.npz", NPZ),
            ("Python program", "filters.py", PYTHON),
        ],
    ),
    "images": (
        {"section": "images", "origin": "found", "layer": LAYER, "channel": 5},
        [
            ("Contact sheet as PNG", "tiny_resnet-found.png", PNG),
            ("Table as CSV", "tiny_resnet-found.csv", CSV),
            ("Python program", "found.py", PYTHON),
        ],
    ),
    "evidence": (
        {"section": "evidence"},
        [
            ("Picture with the maps as PNG", "tiny_resnet-grad_cam.png", PNG),
            ("Maps as NPZ", "tiny_resnet-grad_cam.npz", NPZ),
            ("Python program", "evidence.py", PYTHON),
        ],
    ),
    "knockout": (
        {"section": "knockout", "layer": "stage4.block2.relu", "silenced": "3-40,70"},
        [
            ("Logits before and after as CSV", "tiny_resnet-stage4.block2.relu-silenced.csv", CSV),
            ("Changes by silenced channel as CSV", "tiny_resnet-stage4.block2.relu-importance.csv", CSV),
            ("Python program", "knockout.py", PYTHON),
        ],
    ),
}
"""A link to each section, and what its panels offer."""
MADE = [
    ("Made picture as PNG", f"{NAME}-made.png", PNG),
    ("Scores as CSV", f"{NAME}-made.csv", CSV),
    ("Pixels, logits and scores as NPZ", f"{NAME}-made.npz", NPZ),
    ("Python program", "made.py", PYTHON),
]


@dataclass
class Offered:
    """What was handed to the buttons, and of which kinds the records were."""

    files: list[tuple[Offer, Callable[[], bytes]]]
    records: list[type]

    @property
    def offers(self) -> list[Offer]:
        return [offer for offer, _make in self.files]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Offered:
    """What the panels of a page offer, once it is opened."""
    seen = Offered([], [])
    draw = DeltaGenerator.download_button

    def button(label: str, data: Any, file_name: str, mime: str, **look: Any) -> bool:
        seen.files.append(((label, file_name, mime), data))
        return draw(st._main, label, data, file_name, mime, **look)

    def writer(record: object) -> Any:
        seen.records.append(type(record))
        return exports_of(record)

    monkeypatch.setattr(st, "download_button", button)
    monkeypatch.setattr(export_panel, "exports_of", writer)
    return seen


def test_each_section_is_looked_at() -> None:
    assert set(EXPECTED) == {name for name, _label in SECTION.options}


@pytest.mark.parametrize("section", EXPECTED)
def test_a_section_offers_its_files_in_order(open_page: Open, offered: Offered, section: str) -> None:
    link, expected = EXPECTED[section]
    app = open_page(backbone="tiny_resnet", weights="embedded", **link)
    assert not app.exception
    assert offered.offers == expected
    assert set(offered.records) <= set(exports_of.registry) - {object}
    assert [code.value for code in app.code] == [
        make().decode().rstrip() for (_label, _name, mime), make in offered.files if mime == PYTHON
    ]
    for (_label, _name, mime), make in offered.files:
        check(mime, make())


def check(mime: str, content: bytes) -> None:
    """Check that the bytes of a file are of its type."""
    if mime == PNG:
        assert Image.open(io.BytesIO(content)).format == "PNG"
    elif mime == NPZ:
        with np.load(io.BytesIO(content)) as arrays:
            assert len(arrays) > 0
    elif mime == CSV:
        rows = list(csv.reader(io.StringIO(content.decode())))
        assert len(rows) > 1
        assert len({len(row) for row in rows}) == 1
    else:
        compile(content, "program", "exec")


def test_no_file_is_made_before_it_is_asked_for(
    open_page: Open, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.visualization.activations.export as writers

    made: list[str] = []
    monkeypatch.setattr(writers, "npz_bytes", lambda **arrays: made.append("npz") or b"")
    monkeypatch.setattr(writers, "png_bytes", lambda image: made.append("png") or b"")
    open_page(backbone="tiny_resnet", **EXPECTED["maps"][0])
    assert made == []
    for _offer, make in offered.files:
        make()
    assert made == ["png", "npz"]


def test_the_labels_are_in_the_language_of_the_visitor(open_page: Open, offered: Offered) -> None:
    open_page(locale="es-ES", backbone="tiny_resnet", **EXPECTED["maps"][0])
    assert [label for label, _name, _mime in offered.offers] == [
        "Cuadrícula en PNG",
        "Activaciones de la capa en NPZ",
        "Programa en Python",
    ]


def test_what_has_been_made_is_offered(open_page: Open, offered: Offered, monkeypatch: pytest.MonkeyPatch) -> None:
    history = finished()
    monkeypatch.setattr("pages.visualization.feature_visualization.runs.history_of", lambda _playback, _wish: history)
    link = {"section": "images", "origin": "made", "layer": LAYER, "channel": 5}
    app = open_page(backbone="tiny_resnet", **link)
    assert not app.exception
    assert offered.offers == MADE


def test_a_layer_without_maps_offers_nothing(open_page: Open, offered: Offered) -> None:
    app = open_page(backbone="tiny_resnet", section="evidence", layer="head.pool", at="chosen")
    assert not app.exception
    assert offered.offers == []


def finished() -> History:
    """Return a run that has ended."""
    pixels = np.zeros((1, 64, 64, 3), np.uint8)
    classes = len(load("tiny_resnet", "embedded").class_names)
    common: dict[str, Any] = {
        "total_steps": 8,
        "pictures": (to_jpeg(pixels[0]),),
        "scores": (1.5,),
        "seen": (0.5,),
        "best": (2.5,),
        "best_steps": (4,),
    }
    end = Made(step=8, pixels=pixels, logits=np.zeros((1, classes), np.float32), **common)
    return History().add([Frame(step=4, **common), end])
