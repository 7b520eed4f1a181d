"""Activations are handed out as arrays of the right shape that nobody can change, and their memory is counted once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core import compute
from core.architectures.graph.capture import Recompute
from core.architectures.graph.tracing import Layer
from core.errors import UserError
from core.hooks import borrow
from core.images.picture import Picture
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.activations import activation_capture as module_under_test
from core.visualization.activations.activation_capture import Activations, capture
from tests.core.conftest import MakeBackbone
from tests.core.pathological import ChannelsLast, SeveralInputs, TuplesInside, build


def layer(name: str, channel_axis: int = 1) -> Layer:
    return Layer(name, "Conv2d", "", channel_axis)


def by_hand(**kept: Tensor) -> Activations:
    """Return activations with the stored tensors given and one recipe, `doubled`, on the first of them."""
    first = next(iter(kept))
    names = [*kept, "doubled"]
    shapes = dict.fromkeys(names, (1, 1, 1))
    recipes = {"doubled": Recompute(first, lambda x: x * 2)}
    return Activations(tuple(map(layer, names)), shapes, np.zeros(3, np.float32), kept, recipes)


@pytest.fixture(scope="module")
def resnet(picture: Picture, make_backbone: MakeBackbone) -> Activations:
    return capture(make_backbone("resnet18"), picture)


# --- what is handed out -------------------------------------------------------------------------------------------


def test_shapes_are_those_of_the_paper(resnet: Activations) -> None:
    """At 64×64 pixels; the table of the ResNet paper divided by 3.5."""
    expected = {
        "conv1": (64, 32, 32),
        "bn1": (64, 32, 32),
        "relu": (64, 32, 32),
        "maxpool": (64, 16, 16),
        "layer1.1.add": (64, 16, 16),
        "layer2.0.downsample.1": (128, 8, 8),
        "layer3.1.relu_1": (256, 4, 4),
        "layer4.1.conv2": (512, 2, 2),
        "avgpool": (512, 1, 1),
        "fc": (1000, 1, 1),
    }
    assert {name: resnet.shapes[name] for name in expected} == expected


def test_each_layer_has_maps_of_its_shape(resnet: Activations) -> None:
    assert list(resnet.shapes) == [layer.name for layer in resnet.layers]
    for name, shape in resnet.shapes.items():
        maps = resnet.maps(name)
        assert maps.shape == shape
        assert maps.dtype == np.float32
        assert resnet.layer(name).name == name


def test_the_last_layer_is_the_logits(resnet: Activations) -> None:
    assert resnet.logits.shape == (1000,)
    assert np.array_equal(resnet.maps("fc")[:, 0, 0], resnet.logits)


def test_maps_cannot_be_changed(resnet: Activations) -> None:
    for name in ("conv1", "bn1", "relu", "layer1.0.add", "fc"):
        maps = resnet.maps(name)
        with pytest.raises(ValueError, match="read-only"):
            maps[0, 0, 0] = 1
        with pytest.raises(ValueError, match="read-only"):
            maps += 1


def test_logits_cannot_be_changed(resnet: Activations) -> None:
    """They share their memory with the last layer's maps, and all sessions share both."""
    with pytest.raises(ValueError, match="read-only"):
        resnet.logits[0] = 1


def test_an_unknown_layer_is_a_key_error(resnet: Activations) -> None:
    for name in ("layer9", "", "conv", "CONV1"):
        with pytest.raises(KeyError):
            resnet.maps(name)
        with pytest.raises(KeyError):
            resnet.layer(name)


def test_channels_come_first_wherever_the_network_holds_them() -> None:
    maps, last, vector = torch.randn(1, 4, 2, 3), torch.randn(1, 2, 3, 5), torch.randn(1, 6)
    shapes = {"maps": (4, 2, 3), "last": (5, 2, 3), "vector": (6, 1, 1)}
    layers = (layer("maps"), layer("last", 3), layer("vector"))
    activations = Activations(
        layers, shapes, np.zeros(6, np.float32), {"maps": maps, "last": last, "vector": vector}, {}
    )
    assert np.array_equal(activations.maps("maps"), maps[0].numpy())
    assert activations.maps("last").shape == (5, 2, 3)
    for channel in range(5):
        assert np.array_equal(activations.maps("last")[channel], last[0, :, :, channel].numpy())
    assert np.array_equal(activations.maps("vector"), vector[0].numpy().reshape(6, 1, 1))


def test_a_captured_layer_with_channels_last_is_turned(picture: Picture, make_backbone: MakeBackbone) -> None:
    model = build(ChannelsLast)
    backbone = make_backbone("tiny_resnet", model=model)
    activations = capture(backbone, picture)
    x = torch.from_numpy(to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing))
    with torch.no_grad():
        truth = model.truth(x)
    for name in ("norm", "linear", "gelu"):
        expected = truth[name][0].permute(2, 0, 1).numpy()
        assert activations.shapes[name] == expected.shape
        assert np.array_equal(activations.maps(name), expected)
    assert activations.shapes["relu_"] == (12, 64, 64)


def test_layers_that_put_out_no_maps_are_left_out(picture: Picture, make_backbone: MakeBackbone) -> None:
    activations = capture(make_backbone("tiny_resnet", model=build(TuplesInside)), picture)
    assert list(activations.shapes) == ["conv", "block.conv", "unpool", "add"]
    vectors = capture(make_backbone("tiny_resnet", model=build(SeveralInputs)), picture)
    assert vectors.shapes["mean_1"] == (12, 1, 1)
    assert vectors.shapes["bilinear"] == (4, 1, 1)


def test_fit_decides_what_the_network_receives(picture: Picture, make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_vgg")
    cropped, boxed = capture(backbone, picture, "crop"), capture(backbone, picture, "letterbox")
    assert not np.array_equal(cropped.logits, boxed.logits)
    with pytest.raises(ValueError, match="stretch"):
        capture(backbone, picture, "stretch")  # type: ignore[arg-type]


# --- memory -----------------------------------------------------------------------------------------------------------


def test_shared_storage_counts_once() -> None:
    base = torch.zeros(1, 8, 4, 4)
    assert by_hand(base=base).bytes == 8 * 4 * 4 * 4
    assert by_hand(base=base, half=base[:, :4], flat=base.view(1, -1), again=base).bytes == 8 * 4 * 4 * 4
    assert by_hand(base=base, copy=base.clone()).bytes == 2 * 8 * 4 * 4 * 4


def test_a_view_counts_all_that_it_keeps_alive() -> None:
    assert by_hand(corner=torch.zeros(1, 100, 4, 4)[:, :1]).bytes == 100 * 4 * 4 * 4


def test_captured_bytes_are_the_storages_of_what_is_kept(resnet: Activations) -> None:
    seen = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in resnet.kept.values()}
    assert resnet.bytes == sum(seen.values())
    convolutions = {name for name, tensor in resnet.kept.items() if "conv" in name}
    assert resnet.bytes > sum(resnet.kept[name].nbytes for name in convolutions) > 0


def test_looking_keeps_nothing(resnet: Activations) -> None:
    before = resnet.bytes
    for name in resnet.shapes:
        resnet.maps(name)
    assert resnet.bytes == before


# --- computing --------------------------------------------------------------------------------------------------------


def test_looking_at_a_layer_does_not_wait_behind_forward_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    activations = by_hand(base=torch.ones(1, 2, 2, 2))
    monkeypatch.setattr(compute, "_permits", threading.BoundedSemaphore(1))
    monkeypatch.setattr(module_under_test, "permit", lambda: compute.permit(0.05))
    with compute.permit():
        assert activations.maps("base").shape == (2, 2, 2)
        assert float(activations.maps("doubled").max()) == 2


def test_a_busy_server_gives_the_model_back(
    picture: Picture, make_backbone: MakeBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = make_backbone("tiny_vgg")
    monkeypatch.setattr(compute, "_permits", threading.BoundedSemaphore(1))
    monkeypatch.setattr(module_under_test, "permit", lambda: compute.permit(0.05))
    with compute.permit(), pytest.raises(UserError, match="busy"):
        capture(backbone, picture)
    entered = threading.Event()

    def enter() -> None:
        with borrow(backbone.model):
            entered.set()

    threading.Thread(target=enter, daemon=True).start()
    assert entered.wait(10)
    assert capture(backbone, picture).logits.shape == (69,)


def test_many_may_look_at_the_same_maps_at_once(resnet: Activations) -> None:
    names = [name for name in resnet.shapes if name in resnet.recipes][:12]
    expected = {name: resnet.maps(name).copy() for name in names}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: resnet.maps(names[number % 12]), range(96)))
    assert all(np.array_equal(maps, expected[names[number % 12]]) for number, maps in enumerate(found))


def test_no_gradient_is_kept(picture: Picture, make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_vgg")
    for parameter in backbone.model.parameters():
        parameter.requires_grad_(True)
    activations = capture(backbone, picture)
    assert not any(tensor.requires_grad for tensor in activations.kept.values())
    assert activations.maps("stage1.conv1.relu").shape == (32, 64, 64)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in backbone.model.parameters())


def test_another_picture_gives_other_maps(picture: Picture, make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_vgg")
    other = replace(picture, digest="1" * 64, image=picture.image.rotate(90))
    first = capture(backbone, picture)
    before = first.maps("stage1.conv1.conv").copy()
    second = capture(backbone, other)
    assert not np.array_equal(second.maps("stage1.conv1.conv"), before)
    assert np.array_equal(first.maps("stage1.conv1.conv"), before)


def test_a_model_left_in_training_mode_is_captured_in_eval_mode(picture: Picture, make_backbone: MakeBackbone) -> None:
    """Dropout and statistics of the batch would change what is shown."""
    backbone = make_backbone("tiny_vgg")
    expected = capture(backbone, picture).logits.copy()
    backbone.model.train()
    assert np.array_equal(capture(backbone, picture).logits, expected)
    assert backbone.model.training
