"""The atlas gives each channel the picture of one that it grows with, and its making goes on where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.architectures.graph.capture import layer_output
from core.architectures.loading import Backbone, load
from core.compute import prepare
from core.visualization.atlas import build
from core.visualization.atlas.build import AtlasConfig, climbed, coverage, draw, pack
from core.visualization.atlas.table import Segment, atlas_picture, class_picture, read_table
from core.visualization.feature_visualization.objectives import LOGITS
from tests.core.conftest import MakeBackbone
from tests.core.pathological import batch

RECIPE = AtlasConfig(steps=2, class_steps=2)
FEW = {"stem.conv": (Segment("stem.conv", 0, 16),), LOGITS: (Segment(LOGITS, 0, 3),)}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    prepare()


@pytest.mark.parametrize("name", ["tiny_resnet", "tiny_inception", "tiny_squeezenet", "tiny_mobilenet", "tiny_vgg"])
def test_a_channel_grows_with_the_one_whose_picture_it_has(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    norm = next(module for module in backbone.model.modules() if isinstance(module, torch.nn.BatchNorm2d))
    norm.weight.data[1] = -1.0  # here, what makes the convolution large makes the normalisation small
    layers, outputs = coverage(backbone), maps(backbone)
    assert len(layers) >= len(backbone.graph.layers) - 1
    pools = {layer.name for layer in backbone.graph.layers if layer.role == "pooling"}  # which mix neighbours
    compared = 0
    for layer, parts in layers.items():
        tiles = [(part.sprite, part.first + own) for part in parts for own in range(part.count)]
        if layer == LOGITS:
            continue
        assert len(tiles) == len(outputs[layer])
        for channel, (sprite, tile) in enumerate(tiles):
            if sprite != LOGITS and layer not in pools and outputs[layer][0].shape == outputs[sprite][0].shape:
                order = outputs[sprite][tile].ravel().argsort()
                assert np.diff(outputs[layer][channel].ravel()[order]).min() >= -1e-5, (layer, channel)
                compared += 1
    assert compared > 2 * sum(climbed(layers).values())


def maps(backbone: Backbone) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        _, kept = backbone.graph.run(batch(64))
        layers = [layer.name for layer in backbone.graph.layers]
        return {name: layer_output(name, kept, backbone.graph.recipes)[0].numpy() for name in layers}


def test_making_goes_on_where_it_was_and_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "coverage", lambda _backbone: FEW)
    backbone = load("tiny_resnet", "embedded")
    stream = draw(backbone, tmp_path / "work", RECIPE)
    assert [next(stream).step, next(stream).step] == [16, 16]  # the layer is climbed, then stored
    stream.close()
    (path,) = (tmp_path / "work").rglob("*.png")
    age = path.stat().st_mtime_ns
    assert [event.step for event in draw(backbone, tmp_path / "work", RECIPE)] == [16, 19, 19]
    assert path.stat().st_mtime_ns == age
    size = pack(backbone, tmp_path / "work", tmp_path / "tiny_resnet", 100_000, RECIPE)
    assert size == sum(file.stat().st_size for file in (tmp_path / "tiny_resnet").iterdir())
    first, last, dog = (
        atlas_picture(backbone, "stem.conv", 0, tmp_path),
        atlas_picture(backbone, "stem.conv", 15, tmp_path),
        class_picture(backbone, 0, tmp_path),
    )
    assert first is not None
    assert last is not None
    assert dog is not None
    assert (first.size, dog.size) == ((32, 32), (64, 64))
    assert first.tobytes() != last.tobytes()
    assert atlas_picture(backbone, "stem.conv", 16, tmp_path) is None
    table = read_table(tmp_path / "tiny_resnet")
    assert table is not None
    assert table.layers == FEW
    list(draw(backbone, tmp_path / "again", RECIPE))
    (again,) = (tmp_path / "again").rglob("stem.conv.png")
    assert again.read_bytes() == path.read_bytes()


def test_a_network_that_is_to_be_small_gets_smaller_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "coverage", lambda _backbone: FEW)
    backbone = load("tiny_resnet", "embedded")
    list(draw(backbone, tmp_path / "work", RECIPE))
    sizes = [pack(backbone, tmp_path / "work", tmp_path / "tiny_resnet", limit, RECIPE) for limit in (100_000, 1)]
    assert sizes[1] < sizes[0]
    small = atlas_picture(backbone, "stem.conv", 3, tmp_path)
    assert small is not None
    assert small.size == (32, 32)
