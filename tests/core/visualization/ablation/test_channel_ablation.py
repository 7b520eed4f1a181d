"""Knocking channels out gives what a whole pass with a hook gives that silences them, and leaves nothing behind."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import limits
from core.architectures.graph.capture import layer_graph
from core.architectures.loading import Backbone
from core.architectures.zoo.backbones import BACKBONES
from core.compute import prepare
from core.images.picture import Picture
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.ablation.channel_ablation import (
    Ablation,
    collected,
    importance,
    is_answer,
    silence_each,
    without,
)
from core.visualization.ablation.partial_forward import partial_forward
from core.visualization.activations.activation_capture import capture
from tests.core import pathological
from tests.core.conftest import MakeBackbone

TINY = tuple(name for name, entry in BACKBONES.items() if entry.source == "convscope")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    prepare()
    yield
    networks().clear()


def ablation_of(backbone: Backbone, picture: Picture, layer: str, filling: str = "zero") -> Ablation:
    pixels = to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing)
    activations = capture(backbone, picture)
    return Ablation(backbone=backbone, activations=activations, batch=pixels, layer=layer, filling=filling)


@functools.cache
def networks() -> dict[tuple[str, int], Ablation]:
    return {}


def ablation_in(make_backbone: MakeBackbone, picture: Picture, name: str, layer: str, side: int = 64) -> Ablation:
    """Return the same of a backbone of the registry, which several tests share: building one takes longest."""
    if (name, side) not in networks():
        networks()[name, side] = ablation_of(make_backbone(name, side), picture, layer)
    return replace(networks()[name, side], layer=layer)


def plain_logits(ablation: Ablation, module: str, channels: list[int]) -> Tensor:
    """Return the same on a copy of the model, by a whole pass with a hook on a module."""
    own = copy.deepcopy(ablation.backbone.model).eval()
    axis = ablation.activations.layer(ablation.layer).channel_axis

    def silence(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        changed = output.clone()
        for channel in channels:
            maps = changed.movedim(axis, 1) if changed.dim() == 4 else changed
            maps[:, channel] = maps[:, channel].mean() if ablation.filling == "mean" else 0.0
        return changed

    own.get_submodule(module).register_forward_hook(silence)
    with torch.no_grad():
        answer: Tensor = own(torch.from_numpy(np.array(ablation.batch)))[0]
    return answer


CASES = [
    # backbone, layer, the module of which it is the output, side of the picture
    ("tiny_resnet", "stem.conv", "stem.conv", 64),
    ("tiny_resnet", "stem.norm", "stem.norm", 64),
    ("tiny_resnet", "stem.relu", "stem", 64),
    ("tiny_resnet", "stage2.block1.conv1.norm", "stage2.block1.conv1.norm", 64),
    ("tiny_resnet", "head.pool", "head.pool", 64),
    ("tiny_resnet", "head.linear", "", 64),
    ("resnet18", "bn1", "bn1", 64),
    ("resnet18", "layer1.0.bn2", "layer1.0.bn2", 64),
    ("resnet18", "layer2.0.downsample.1", "layer2.0.downsample.1", 64),
    ("resnet18", "layer2.0.relu_1", "layer2.0", 64),
    ("resnet18", "layer4.1.relu_1", "layer4", 64),
    ("resnet18", "avgpool", "avgpool", 64),
    ("inception_v3", "Conv2d_2b_3x3.conv", "Conv2d_2b_3x3.conv", 80),
    ("inception_v3", "Mixed_5b.branch1x1.relu", "Mixed_5b.branch1x1", 80),
    ("inception_v3", "Mixed_5b.branch5x5_1.bn", "Mixed_5b.branch5x5_1.bn", 80),
    ("inception_v3", "Mixed_6a.cat", "Mixed_6a", 80),
    ("inception_v3", "Mixed_7c.branch3x3dbl_3b.relu", "Mixed_7c.branch3x3dbl_3b", 80),
    ("squeezenet1_1", "features.3.squeeze_activation", "features.3.squeeze_activation", 64),
    ("squeezenet1_1", "features.9.cat", "features.9", 64),
    ("squeezenet1_1", "classifier.1", "classifier.1", 64),
    ("densenet121", "features.relu0", "features.relu0", 64),
    ("densenet121", "features.denseblock2.denselayer2.conv2", "features.denseblock2.denselayer2.conv2", 64),
    ("densenet121", "features.transition2.norm", "features.transition2.norm", 64),
    ("densenet121", "features.norm5", "features.norm5", 64),
    ("mobilenet_v2", "features.4.conv.0.1", "features.4.conv.0.1", 64),
    ("mobilenet_v3_small", "features.4.block.2.fc2", "features.4.block.2.fc2", 64),
    ("mobilenet_v3_small", "features.1.block.1.mul", "features.1.block.1", 64),
    ("shufflenet_v2_x0_5", "stage3.1.branch2.4", "stage3.1.branch2.4", 64),
    ("shufflenet_v2_x0_5", "stage2.0.branch1.3", "stage2.0.branch1.3", 64),
    ("convnext_tiny", "features.5.0.block.0", "features.5.0.block.0", 64),
    ("tiny_vgg", "stage4.pool", "stage4.pool", 64),
]


@pytest.mark.parametrize(("name", "layer", "module", "side"), CASES)
def test_it_is_a_whole_pass_with_a_hook(
    make_backbone: MakeBackbone, picture: Picture, name: str, layer: str, module: str, side: int
) -> None:
    ablation = ablation_in(make_backbone, picture, name, layer, side)
    channels = [0, ablation.channels // 2, ablation.channels - 1]
    found = without(ablation, channels)
    assert not found.flags.writeable
    assert np.abs(found - ablation.activations.logits).max() > 1e-3
    np.testing.assert_allclose(found, plain_logits(ablation, module, channels).numpy(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("filling", ["zero", "mean"])
@pytest.mark.parametrize(
    ("name", "layer", "module", "side"),
    [
        ("tiny_resnet", "stage4.block1.relu", "stage4.block1", 64),
        ("tiny_squeezenet", "stage4.fire8.squeeze.norm", "stage4.fire8.squeeze.norm", 64),
        ("inception_v3", "Mixed_5b.branch3x3dbl_2.relu", "Mixed_5b.branch3x3dbl_2", 80),
        ("densenet121", "features.denseblock4.denselayer16.conv2", "features.denseblock4.denselayer16.conv2", 64),
        ("mobilenet_v2", "features.17.conv.0.1", "features.17.conv.0.1", 64),
    ],
)
def test_each_alone_is_what_it_is_one_by_one(
    make_backbone: MakeBackbone, picture: Picture, name: str, layer: str, module: str, side: int, filling: str
) -> None:
    ablation = replace(ablation_in(make_backbone, picture, name, layer, side), filling=filling)
    found = importance(ablation)
    assert found.shape == (ablation.channels, len(ablation.activations.logits))
    assert found.dtype == np.float32
    assert not found.flags.writeable
    maps = ablation.activations.maps(layer)
    for channel in (0, 5, int(maps.mean((1, 2)).argmax())):
        expected = plain_logits(ablation, module, [channel]).numpy() - ablation.activations.logits
        np.testing.assert_allclose(found[channel], expected, atol=1e-4, rtol=0)
    dead = (maps == 0).all((1, 2))
    assert not found[dead].any()


@pytest.mark.parametrize("name", TINY)
def test_every_layer_can_be_knocked_out_functional_ones_included(
    make_backbone: MakeBackbone, picture: Picture, name: str
) -> None:
    ablation = ablation_in(make_backbone, picture, name, "")
    for layer in ablation.activations.layers[::8]:
        one = replace(ablation, layer=layer.name)
        assert np.isfinite(without(one, range(one.channels))).all()
        np.testing.assert_array_equal(without(one, []), ablation.activations.logits)


class Ambushes(nn.Module):
    """Overwrites in place what others read, asks for the size of the batch and reads a value again after its layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.side = nn.Conv2d(3, 6, 1)
        self.side_norm = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu(self.norm(self.first(x)))
        side = self.side_norm(self.side(x))
        side += self.second(first)  # overwrites a normalisation that does not depend on `first`
        count, channels = first.size(0), first.shape[1]
        groups = side.view(count, 2, channels // 2, -1).transpose(1, 2).reshape(count, channels, -1)
        return self.head(groups.mean(2) + x.mean((1, 2, 3)).view(count, 1))


@pytest.mark.parametrize("layer", ["first", "norm", "relu", "second", "side_norm"])
def test_what_is_overwritten_is_not_lost_for_the_next_pass(
    make_backbone: MakeBackbone, picture: Picture, layer: str
) -> None:
    model = pathological.randomise(Ambushes())
    backbone = replace(make_backbone("tiny_resnet", 32, model), class_names=("a", "b", "c", "d"))
    ablation = ablation_of(backbone, picture, layer)
    assert backbone.graph.overwritten
    found = importance(ablation)
    for channel in range(6):
        expected = plain_logits(ablation, layer, [channel])
        np.testing.assert_allclose(without(ablation, [channel]), expected.numpy(), atol=1e-4)
        np.testing.assert_allclose(found[channel] + ablation.activations.logits, expected.numpy(), atol=1e-4)


class Mixture(nn.Sequential):
    """One layer after the other, of all kinds that one channel goes through alone, or that mix it with the others."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 6, 3, stride=2, dilation=2, padding=(2, 1), bias=False),
            nn.BatchNorm2d(6, affine=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(6, 6, 3, groups=6, stride=(1, 2)),
            nn.Hardswish(inplace=True),
            nn.Conv2d(6, 8, 3, groups=2, padding=1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(8, 8, 3, padding="same"),
            nn.AvgPool2d(2, 1, padding=1),
            nn.Conv2d(8, 8, (3, 1), padding=(1, 0), padding_mode="reflect"),
            nn.LeakyReLU(),
            nn.AdaptiveAvgPool2d((3, 2)),
            nn.Identity(),
            nn.Flatten(),
            nn.Dropout(),
            nn.ReLU(),
            nn.Linear(48, 7),
            nn.Sigmoid(),
            nn.Linear(7, 5),
        )


@pytest.mark.parametrize("filling", ["zero", "mean"])
def test_channels_are_followed_alone_until_they_are_mixed(
    make_backbone: MakeBackbone, picture: Picture, filling: str
) -> None:
    backbone = make_backbone("tiny_resnet", 32, pathological.randomise(Mixture()))
    ablation = ablation_of(backbone, picture, "0", filling)
    for layer in ablation.activations.layers:
        one = replace(ablation, layer=layer.name)
        if layer.kind in {"Dropout", "Identity"} or (filling == "mean" and one.activations.shapes[layer.name][1] == 1):
            continue
        expected = [plain_logits(one, layer.name, [channel]).numpy() for channel in range(one.channels)]
        found = importance(one) + ablation.activations.logits
        np.testing.assert_allclose(found, np.stack(expected), atol=1e-4, err_msg=layer.name)


class Rereading(nn.Module):
    """Reads under another name what it has overwritten, so that its graph cannot be run in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(x)
        first.add_(1)
        second = self.second(first)
        second.relu_()
        return self.head((second + first).mean((2, 3)))


@pytest.mark.parametrize("layer", ["first", "second", "head"])
def test_a_graph_that_cannot_be_run_in_parts_is_run_whole(
    make_backbone: MakeBackbone, picture: Picture, layer: str
) -> None:
    model = pathological.randomise(Rereading())
    ablation = ablation_of(make_backbone("tiny_resnet", 32, model), picture, layer)
    assert layer_graph(model).overwritten is None
    found = importance(ablation)
    for channel in range(ablation.channels):
        expected = plain_logits(ablation, layer, [channel]).numpy() - ablation.activations.logits
        np.testing.assert_allclose(found[channel], expected, atol=1e-4)


def test_only_what_depends_on_the_layer_is_run_again(make_backbone: MakeBackbone, picture: Picture) -> None:
    ablation = ablation_in(make_backbone, picture, "inception_v3", "Mixed_7c.branch1x1.relu", 80)
    kept = ablation.activations.kept
    rest = partial_forward(ablation.backbone.graph, ablation.layer, torch.from_numpy(np.array(ablation.batch)), kept)
    kinds = [node.name for node in rest.nodes]
    assert not any("conv" in kind for kind in kinds), kinds


def test_networks_that_are_kept_in_stretches_can_be_knocked_out(
    make_backbone: MakeBackbone, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = make_backbone("tiny_mobilenet")
    layer = "stage2.block1.depthwise.relu6"
    whole = importance(ablation_of(backbone, picture, layer))
    monkeypatch.setattr(limits, "CAPTURE_BYTES", 1)
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 1 << 20)
    ablation = ablation_of(backbone, picture, layer)
    assert not isinstance(ablation.activations.kept, dict)
    np.testing.assert_allclose(importance(ablation), whole, atol=1e-5)


def test_the_stream_is_bounded_goes_on_where_it_ended_and_begins_with_the_strongest(
    make_backbone: MakeBackbone, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ablation = ablation_in(make_backbone, picture, "tiny_resnet", "stage3.block1.relu")
    whole = list(silence_each(ablation))
    monkeypatch.setattr(limits, "ABLATION_PASS_BYTES", 1 << 20)
    events = list(silence_each(ablation))
    assert len(events) > len(whole)
    steps = [event.step for event in events]
    assert steps == sorted(steps)
    assert steps[-1] == events[-1].total_steps == ablation.channels
    maps = ablation.activations.maps(ablation.layer)
    moved = [channel for event in events for channel in event.channels if maps[channel].any()]
    strength = np.abs(maps).mean((1, 2), dtype=np.float64)[moved]
    assert (np.diff(strength) <= 1e-6).all()
    again = [*events[:2], *silence_each(ablation, events[1].step)]
    for one, other in zip(collected(again), collected(whole), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_model_is_left_bit_identical_also_after_an_exception(make_backbone: MakeBackbone, picture: Picture) -> None:
    backbone = make_backbone("tiny_inception")
    ablation = ablation_of(backbone, picture, "stage2.inception1.cat")
    state = {name: tensor.clone() for name, tensor in backbone.model.state_dict().items()}
    maps = ablation.activations.maps(ablation.layer).copy()
    importance(ablation)
    stream = silence_each(ablation)
    next(stream)
    stream.close()
    with pytest.raises(IndexError, match="channel 9999"):
        without(ablation, [9999])
    with pytest.raises(KeyError):
        without(replace(ablation, layer="nowhere"), [0])
    with pytest.raises(ValueError, match="filling"):
        replace(ablation, filling="noise")
    assert all(torch.equal(tensor, state[name]) for name, tensor in backbone.model.state_dict().items())
    assert not any(module.training or module._forward_hooks for module in backbone.model.modules())
    assert not any(parameter.requires_grad for parameter in backbone.model.parameters())
    np.testing.assert_array_equal(ablation.activations.maps(ablation.layer), maps)


@pytest.mark.parametrize(
    ("name", "layer", "answers"),
    [
        ("tiny_resnet", "head.linear", True),
        ("tiny_resnet", "head.pool", False),
        ("tiny_squeezenet", "head.pool", True),
        ("squeezenet1_1", "classifier.3", True),
    ],
)
def test_the_answer_itself_is_known(
    make_backbone: MakeBackbone, picture: Picture, name: str, layer: str, answers: bool
) -> None:
    assert is_answer(ablation_in(make_backbone, picture, name, layer).backbone, layer) is answers
