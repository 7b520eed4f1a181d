"""What a shipped atlas has to keep: small, of the shipped weights, complete, its pictures doing what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.architectures.graph.capture import layer_output
from core.architectures.loading import Backbone, load
from core.architectures.zoo.backbones import BACKBONES, embedded_file
from core.compute import prepare
from core.datasets.sample_images import SAMPLES, sample
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.atlas.table import (
    ATLAS,
    COLUMNS,
    TABLE,
    AtlasTable,
    atlas_picture,
    class_picture,
    digest,
    read_table,
    sprite_file,
)

NETWORKS = [name for name in BACKBONES if (ATLAS / name).is_dir()]
each_network = pytest.mark.parametrize("name", NETWORKS)
CHANNELS = 8  # that are tried
NOISES = 8


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    prepare()


def table_of(name: str) -> AtlasTable:
    table = read_table(ATLAS / name)
    assert table is not None
    return table


def test_all_of_them_together_stay_small() -> None:
    assert NETWORKS
    assert sum(path.stat().st_size for path in ATLAS.rglob("*") if path.is_file()) <= 10_000_000


@each_network
def test_it_belongs_to_the_shipped_weights(name: str) -> None:
    table = table_of(name)
    assert table.network == name
    assert table.weights == digest(embedded_file(BACKBONES[name])), f"make it anew: see {TABLE}"


@each_network
def test_every_channel_of_every_convolution_and_every_class_has_its_own_picture(name: str) -> None:
    backbone, table = load(name, "embedded"), table_of(name)
    channels = {
        key: module.out_channels
        for key, module in backbone.model.named_modules()
        if isinstance(module, torch.nn.Conv2d)
    }
    assert channels
    for layer, count in channels.items():
        assert sum(part.count for part in table.layers[layer]) == count
        assert [part.sprite for part in table.layers[layer]] == [layer]
    assert sum(part.count for part in table.layers[""]) == len(backbone.class_names)
    for sprite, tile in table.tiles.items():
        count = sum(part.count for part in table.layers[sprite])
        with Image.open(sprite_file(ATLAS / name, sprite)) as image:
            assert image.size == (COLUMNS * tile, -(-count // COLUMNS) * tile)
    assert {path.stem for path in (ATLAS / name).glob("*.webp")} == {sprite or "classes" for sprite in table.tiles}


@each_network
def test_layers_that_follow_channel_by_channel_have_the_pictures_of_what_they_follow(name: str) -> None:
    """No channel is shown with the picture of another, nor with that of its opposite."""
    backbone, table = load(name, "embedded"), table_of(name)
    channels = {key: values.shape[1] for key, values in activations(backbone, torch.zeros(1, 3, 64, 64)).items()}
    for layer in backbone.graph.layers:
        if layer.name in table.layers:
            assert sum(part.count for part in table.layers[layer.name]) == channels[layer.name]
        if layer.role == "activation":
            assert layer.name in table.layers
    for key, module in backbone.model.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d) and bool((module.weight <= 0).any()):
            assert [part.sprite for part in table.layers[key]] == [key]  # made on its own


@each_network
def test_pictures_excite_their_channels_more_than_noise_and_photographs(name: str) -> None:
    backbone, table = load(name, "embedded"), table_of(name)
    layer = [sprite for sprite in table.tiles if sprite][-1]
    chosen = np.linspace(0, sum(part.count for part in table.layers[layer]) - 1, CHANNELS).astype(int).tolist()
    made = means(backbone, [shipped(backbone, atlas_picture(backbone, layer, channel)) for channel in chosen], layer)
    others = noises(backbone) + photographs(backbone)
    usual = means(backbone, others, layer)
    for place, channel in enumerate(chosen):
        noise, photographed = usual[:NOISES, channel], usual[NOISES:, channel]
        assert made[place, channel] > max(noise.max(), photographed.mean()), channel
        assert made[place, channel] > made[:, channel].mean()
    classes = range(0, len(backbone.class_names), len(backbone.class_names) // CHANNELS)
    pictures = [shipped(backbone, class_picture(backbone, index)) for index in classes]
    with torch.inference_mode():
        answers = backbone.model(batch(backbone, pictures)).argmax(1).tolist()
    assert sum(answer == index for answer, index in zip(answers, classes, strict=True)) >= 0.8 * len(answers)


def test_nothing_is_shown_that_was_made_for_other_weights(tmp_path: Path) -> None:
    name = NETWORKS[0]
    backbone, table = load(name, "embedded"), table_of(name)
    layer = next(iter(table.layers))
    assert atlas_picture(backbone, layer, 0) is not None
    assert atlas_picture(backbone, layer, 10_000) is None
    assert atlas_picture(backbone, layer, -1) is None
    assert atlas_picture(backbone, "no such layer", 0) is None
    assert class_picture(backbone, len(backbone.class_names)) is None
    assert atlas_picture(load(name, "untrained"), layer, 0) is None
    assert atlas_picture(load("resnet18", "untrained"), "conv1", 0) is None
    assert atlas_picture(backbone, layer, 0, tmp_path) is None
    (tmp_path / name).mkdir()
    for sprite in table.tiles:
        sprite_file(tmp_path / name, sprite).symlink_to(sprite_file(ATLAS / name, sprite))
    for weights, is_shown in ((table.weights, True), ("0" * 64, False)):
        text = AtlasTable(name, weights, table.recipe, table.tiles, table.layers).as_json()
        (tmp_path / name / TABLE).write_text(text, encoding="utf-8")
        assert (atlas_picture(backbone, layer, 0, tmp_path) is not None) == is_shown


def shipped(backbone: Backbone, picture: Image.Image | None) -> Image.Image:
    """Return a picture of a tile, which may be smaller, as large as the network's input."""
    assert picture is not None
    assert picture.mode == "RGB"
    return picture.resize((backbone.preprocessing.crop, backbone.preprocessing.crop), Image.Resampling.BICUBIC)


def noises(backbone: Backbone) -> list[Image.Image]:
    side, random = backbone.preprocessing.crop, np.random.default_rng(0)
    return [Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8)) for _ in range(NOISES)]


def photographs(backbone: Backbone) -> list[Image.Image]:
    return [fit_to_input(sample(entry), backbone.preprocessing).image for entry in SAMPLES]


def batch(backbone: Backbone, pictures: list[Image.Image]) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([to_array(picture, backbone.preprocessing) for picture in pictures]))


def means(backbone: Backbone, pictures: list[Image.Image], layer: str) -> np.ndarray:
    """Return the mean of each channel's map by picture, (pictures, channels)."""
    values: np.ndarray = activations(backbone, batch(backbone, pictures))[layer].mean((2, 3)).numpy()
    return values


def activations(backbone: Backbone, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    graph = backbone.graph
    with torch.inference_mode():
        _, kept = graph.run(pixels)
        return {layer.name: layer_output(layer.name, kept, graph.recipes) for layer in graph.layers}
