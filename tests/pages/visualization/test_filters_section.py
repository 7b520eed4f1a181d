"""The section of filters: whose they are, what can be turned, what is said of them, in both languages."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.architectures.loading import load
from core.visualization.filters.kernel_statistics import examine
from core.visualization.filters.kernels import convolution_of
from pages.components.caches import visualization
from pages.components.i18n import translation
from tests.pages.opened import Open, address, texts

LINK = {"section": "filters", "weights": "untrained", "seed": 0}


def filter_box(app: AppTest) -> object:
    return next(box for box in app.number_input if box.key == "visualization.filter")


@pytest.mark.parametrize(
    ("backbone", "layer", "said"),
    [
        ("tiny_resnet", "stem.relu", "16 filters of 3×3×3"),
        ("tiny_mobilenet", "stage1.block1.depthwise.conv", "depthwise: each sees one channel"),
        ("tiny_squeezenet", "stage1.fire2.cat", "Several branches are joined here"),
        ("tiny_resnet", "stage2.block1.relu", "Several branches meet here"),
        ("tiny_xception", "head.linear", "a linear layer"),
    ],
)
def test_every_kind_of_layer_shows_its_filters(open_page: Open, backbone: str, layer: str, said: str) -> None:
    app = open_page(backbone=backbone, layer=layer, **LINK)
    assert not app.exception
    assert not app.error
    assert said in texts(app)
    assert app.code[-1].value.startswith('"""The filters of a layer')


def test_a_layer_without_filters_says_why(open_page: Open) -> None:
    app = open_page(backbone="tiny_squeezenet", layer="stage1.fire3.add", **LINK)
    assert not app.exception
    assert "has no filters of its own" in texts(app)


def test_the_chosen_filter_is_the_channel_of_the_layer(open_page: Open) -> None:
    app = open_page(backbone="tiny_squeezenet", layer="stage1.fire2.cat", channel=3, **LINK)
    backbone = load("tiny_squeezenet", "untrained", 0)
    first, second = (f"stage1.fire2.expand{size}" for size in ("1x1", "3x3"))
    joined = next(box for box in app.selectbox if box.key == "visualization.branch")
    assert [option.partition(".conv")[0] for option in joined.options] == [first, second]
    joined.set_value(joined.options[1]).run()
    assert not app.exception
    offset = convolution_of(backbone, joined.options[0]).filters  # type: ignore[union-attr]
    assert address(app)["channel"] == str(offset)
    filter_box(app).set_value(5).run()  # type: ignore[attr-defined]
    assert address(app)["channel"] == str(offset + 5)
    assert "**Filter 5**" in texts(app)
    app.run()
    assert address(app)["branch"] == joined.options[1]


def test_slices_order_and_range_are_in_the_link(open_page: Open) -> None:
    wishes = {"slices": "input", "input": 7, "filters": "norm", "span": "each"}
    app = open_page(backbone="tiny_resnet", layer="stage2.block1.conv1.conv", channel=5, **LINK, **wishes)
    assert not app.exception
    assert {name: address(app)[name] for name in wishes} == {name: str(value) for name, value in wishes.items()}
    assert "order='norm', span='each'" in app.code[-1].value
    app = open_page(backbone="tiny_resnet", layer="stem.conv", channel=5, **LINK, **wishes)
    assert not app.exception  # there are three input channels only
    app = open_page(backbone="tiny_resnet", layer="stage2.block1.conv1.conv", **LINK, **(wishes | {"input": 99}))
    assert address(app)["input"] == "0"


def test_trained_filters_stand_beside_untrained_ones(open_page: Open) -> None:
    app = open_page(backbone="tiny_resnet", weights="embedded", layer="stem.conv", section="filters")
    assert not app.exception
    assert "**Untrained** · random, seed 0" in texts(app)
    next(toggle for toggle in app.toggle if toggle.key == "visualization.beside").set_value(False).run()
    assert not app.exception
    assert "**Untrained**" not in texts(app)
    assert address(app)["beside"] == "0"
    untrained = visualization.untrained_filters("tiny_resnet", convolution_of(load("tiny_resnet"), "stem.conv"))  # type: ignore[arg-type]
    assert np.array_equal(untrained.kernels, load("tiny_resnet", "untrained", 0).model.stem.conv.weight)  # type: ignore[union-attr]


def test_dead_and_alike_filters_are_pointed_out(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = load("tiny_resnet", "untrained", 0)
    weight = backbone.model.stem.conv.weight  # type: ignore[union-attr]
    with torch.no_grad():
        weight[2], weight[9], weight[4] = 0, -2 * weight[8], weight[3]  # type: ignore[index, operator]
    planted = examine(backbone, convolution_of(backbone, "stem.conv"))  # type: ignore[arg-type]
    monkeypatch.setattr(visualization, "filters", lambda *_: planted)
    app = open_page(backbone="tiny_resnet", layer="stem.conv", channel=2, **LINK)
    said = texts(app)
    assert not app.exception
    assert "1 dead · pairs of duplicates: 1 · pairs of opposites: 1" in said
    assert "**dead**: its weights are almost 0" in said
    filter_box(app).set_value(9).run()  # type: ignore[attr-defined]
    assert "**opposite** of filter 8: cosine −1.000" in texts(app)
    table = app.dataframe[0].value
    assert sorted(zip(table.iloc[:, 0], table.iloc[:, 1], table.iloc[:, 3], strict=True)) == [
        (3, 4, "duplicates"),
        (8, 9, "opposites"),
    ]


def test_it_speaks_spanish(open_page: Open) -> None:
    app = open_page(locale="es-ES", backbone="tiny_resnet", layer="stage2.block1.conv1.conv", **LINK)
    assert not app.exception
    word = translation("es").gettext("**Filters that are alike**")
    assert word in texts(app)


def test_the_files_hold_what_is_shown() -> None:
    from core.exports import exports_of
    from core.scripts import ScriptStart
    from core.visualization.filters.export import FiltersExport
    from core.visualization.filters.layout import FilterView
    from core.visualization.filters.script import FiltersRequest

    backbone = load("tiny_resnet", "untrained", 0)
    found = examine(backbone, convolution_of(backbone, "stem.conv"))  # type: ignore[arg-type]
    start = ScriptStart(sample=None, file_name=None, backbone="tiny_resnet", weights="untrained", seed=0, fit="crop")
    request = FiltersRequest(start=start, layer="stem.conv", view=FilterView(), caption="filters", range_label="range")
    files = {file.file_name: file.make for file in exports_of(FiltersExport(request=request, filters=found)).files}
    assert list(files) == [f"tiny_resnet-stem.conv-filters.{ending}" for ending in ("png", "csv", "npz")]
    with np.load(io.BytesIO(files["tiny_resnet-stem.conv-filters.npz"]())) as written:
        assert np.array_equal(written["kernels"], found.kernels)
    assert len(list(csv.reader(io.StringIO(files["tiny_resnet-stem.conv-filters.csv"]().decode())))) == 17
