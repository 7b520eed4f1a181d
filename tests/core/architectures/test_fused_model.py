"""A fused network: it computes what the network does, leaves the network as it is, and only so many are kept."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from core import limits
from core.architectures.graph import fused
from core.architectures.graph.capture import layer_output
from core.architectures.graph.fused import fuse, fused_model, stored_layer
from core.architectures.graph.prepacked_conv import PackedConvolution, is_possible
from core.architectures.loading import Backbone
from core.architectures.zoo.backbones import BACKBONES
from core.hooks import borrow
from core.visualization.attribution.class_scores import needed_behind, scores_behind
from tests.core.conftest import MakeBackbone

INNER = {  # layers that have another path beside them
    "tiny_resnet": "stage2.block1.conv1.relu",
    "resnet18": "layer3.0.bn2",
    "densenet121": "features.denseblock1.denselayer2.conv2",
    "mobilenet_v2": "features.3.conv.1.0",
    "squeezenet1_1": "features.3.expand1x1",
    "inception_v3": "Mixed_5b.branch1x1.conv",
}


def batch_for(backbone: Backbone, count: int = 2) -> torch.Tensor:
    side = 96 if "inception" in backbone.entry.name else backbone.preprocessing.crop
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def near(value: torch.Tensor, true: torch.Tensor) -> None:
    torch.testing.assert_close(value, true, rtol=1e-3, atol=1e-4 * float(true.abs().max()))


def state(backbone: Backbone) -> Iterator[object]:
    for name, tensor in backbone.model.state_dict().items():
        yield name, tensor.numpy().tobytes(), tensor.stride()
    for module in backbone.model.modules():
        yield module.training, len(module._forward_hooks), len(module._forward_pre_hooks), len(module._backward_hooks)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    fused._fused_models.clear()
    yield
    fused._fused_models.clear()


@pytest.mark.parametrize("name", ["tiny_resnet", "mobilenet_v2", "inception_v3", "shufflenet_v2_x1_0", "densenet121"])
def test_a_twin_for_single_pictures_answers_as_the_network_does(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    graph = backbone.graph
    before = list(state(backbone))
    with borrow(backbone.model), torch.inference_mode():
        network = fuse(graph, single=True)
        assert any(isinstance(module, PackedConvolution) for module in network.module.modules())
        for count in (1, 3, 1):  # arranged anew for another size
            batch = batch_for(backbone, count)
            near(network.run(batch)[0], backbone.model(batch))
    assert list(state(backbone)) == before


def test_what_cannot_be_packed_is_not() -> None:
    assert is_possible(nn.Conv2d(3, 4, 3, padding=1))
    assert not is_possible(nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"))
    assert not is_possible(nn.Conv2d(3, 4, 3, padding="same"))
    assert not is_possible(nn.Conv2d(3, 4, 3).double())


@pytest.mark.parametrize(
    "name", sorted(set(BACKBONES) & {*INNER, "vgg16_bn", "xception", "googlenet", "shufflenet_v2_x1_0"})
)
def test_a_twin_answers_as_the_network_does(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    batch, graph = batch_for(backbone), backbone.graph
    chosen = [layer.name for layer in graph.layers][:: max(1, len(graph.layers) // 12)]
    before = list(state(backbone))
    with borrow(backbone.model), torch.inference_mode():
        network = fuse(graph, chosen)
        answer, outputs = network.run(batch)
        true, kept = graph.run(batch)
        near(answer, true)
        assert set(outputs) == {stored_layer(graph, layer) for layer in chosen}
        for layer in chosen:
            near(network.output(layer, outputs), layer_output(layer, kept, graph.recipes))
    assert list(state(backbone)) == before


@pytest.mark.parametrize("name", INNER)
def test_scores_behind_a_layer_follow_from_what_it_needs(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    batch, graph, layer = batch_for(backbone, 1), backbone.graph, INNER[name]
    needed = needed_behind(graph, layer)
    with borrow(backbone.model):
        with torch.inference_mode():
            outputs = fused_model(graph, (layer, *needed), answers=False).outputs(batch)
            every = graph.run(batch)[1]
        scores, output = scores_behind(graph, layer, batch, outputs)
        true_scores, true_output = scores_behind(graph, layer, batch, every)
        assert len(scores.runner.nodes) == len(true_scores.runner.nodes)  # nothing is computed that is known
        with torch.inference_mode():
            near(output, true_output)
            near(scores(output), true_scores(true_output))


def test_a_twin_without_an_answer_computes_no_more_than_its_layers(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_resnet")
    layer = INNER["tiny_resnet"]
    with borrow(backbone.model):
        part, whole = fuse(backbone.graph, [layer], answers=False), fuse(backbone.graph, [layer])
    assert len(part.module.graph.nodes) < len(whole.module.graph.nodes) / 2
    with pytest.raises(ValueError, match="outputs of layers only"):
        part.run(batch_for(backbone))
    with pytest.raises(KeyError):
        fuse(backbone.graph, ["no such layer"])


def test_normalisations_are_gone_and_convolutions_channels_last(make_backbone: MakeBackbone) -> None:
    with borrow((backbone := make_backbone("resnet18")).model):
        module = fuse(backbone.graph).module
    kinds = {type(part) for part in module.modules()}
    assert torch.nn.BatchNorm2d not in kinds
    weights = [
        part.weight for part in module.modules() if isinstance(part, torch.nn.Conv2d) and part.kernel_size > (1, 1)
    ]
    assert weights
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def test_only_so_many_twins_are_kept_and_none_longer_than_its_network(make_backbone: MakeBackbone) -> None:
    first = make_backbone("tiny_resnet")
    with borrow(first.model):
        kept = fused_model(first.graph)
        assert fused_model(first.graph) is kept
        for layer in first.graph.layers[: limits.FUSED_MODELS_KEPT]:
            fused_model(first.graph, [layer.name], answers=False)
        assert sum(map(len, fused._fused_models.values())) == limits.FUSED_MODELS_KEPT
        assert fused_model(first.graph) is not kept  # the oldest was let go of
    gone = weakref.ref(first.graph)
    del first, kept, layer
    gc.collect()
    assert gone() is None
    assert not fused._fused_models
