"""Large captures in stretches: the same values as a whole capture, at any time and in any order, in little memory."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import limits
from core.architectures.graph.capture import layer_graph
from core.architectures.graph.checkpointing import CheckpointedActivations, storage_bytes
from core.images.picture import Picture
from core.visualization.activations.activation_capture import capture
from tests.core.conftest import MakeBackbone

# In-place activations after normalisations, squeeze-excite, dense connections, branches, layers with moved channels.
NAMES = ("efficientnet_b0", "densenet121", "inception_v3", "convnext_tiny", "mobilenet_v3_small", "tiny_xception")
SIDES = {"inception_v3": 96}
KIBIBYTE = 1 << 10


def batch(side: int) -> Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("segment_bytes", [1, 200 * KIBIBYTE, 1 << 40], ids=["shortest", "short", "one"])
@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_a_whole_capture_in_any_order(
    make_backbone: MakeBackbone, name: str, segment_bytes: int
) -> None:
    side = SIDES.get(name, 64)
    backbone = make_backbone(name, side)
    with torch.inference_mode():
        output, whole = backbone.graph.run(batch(side))
        segments = CheckpointedActivations(backbone.graph, backbone.model, batch(side), segment_bytes)
    assert torch.equal(segments.output, output)
    assert list(segments) == list(whole)
    names = [name for name, value in whole.items() if isinstance(value, Tensor)]
    assert {name: segments.outlines[name].shape for name in names} == {name: whole[name].shape for name in names}
    order = [*names[::7], *random.Random(0).sample(names, 12), *names[::-9]]
    assert [name for name in order if not torch.equal(segments[name], whole[name])] == []


def test_memory_is_bounded_and_foretold(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("efficientnet_b0", 160)
    with torch.inference_mode():
        _, whole = backbone.graph.run(batch(160))
        segments = CheckpointedActivations(backbone.graph, backbone.model, batch(160), 3000 * KIBIBYTE)
    assert backbone.capture_bytes == sum(value.nbytes for value in whole.values())
    assert segments.bytes - backbone.bytes < backbone.capture_bytes * 2 / 3
    for name in segments:
        assert name in segments
        segments[name]
        assert storage_bytes(segments._held.values()) <= segments.bytes - backbone.bytes
    with pytest.raises(KeyError):
        segments["no such layer"]


def test_visitors_in_different_stretches_see_the_right_layers(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_mobilenet")
    with torch.inference_mode():
        _, whole = backbone.graph.run(batch(64))
        segments = CheckpointedActivations(backbone.graph, backbone.model, batch(64), 100 * KIBIBYTE)
    wishes = random.Random(1).choices(list(whole), k=60)
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda name: torch.equal(segments[name], whole[name]), wishes))


def test_maps_are_the_same_whether_a_capture_is_large_or_not(
    make_backbone: MakeBackbone, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = make_backbone("efficientnet_b0")
    usual = capture(backbone, picture)
    monkeypatch.setattr(limits, "CAPTURE_BYTES", 1 << 20)
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 1 << 20)
    large = capture(backbone, picture)
    assert isinstance(large.kept, CheckpointedActivations)
    assert not isinstance(usual.kept, CheckpointedActivations)
    assert large.layers == usual.layers
    assert large.shapes == usual.shapes
    assert np.array_equal(large.logits, usual.logits)
    for layer in usual.layers:
        assert np.array_equal(large.maps(layer.name), usual.maps(layer.name))


def test_a_network_that_overwrites_what_is_read_again_is_captured_whole(
    make_backbone: MakeBackbone, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overwriting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return torch.cat([torch.relu_(x), x], dim=1).mean((2, 3))

    monkeypatch.setattr(limits, "CAPTURE_BYTES", 1)
    model = Overwriting()
    assert layer_graph(model).overwritten is None
    activations = capture(make_backbone("tiny_vgg", model=model), picture)
    assert not isinstance(activations.kept, CheckpointedActivations)
    assert (activations.maps("conv") < 0).any()
