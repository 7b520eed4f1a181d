"""Stages of different networks are lined up where they have reduced the picture equally far."""

from __future__ import annotations

import numpy as np
import pytest

from core.architectures.graph.tracing import Layer
from core.images.picture import Picture
from core.visualization.activations.activation_capture import Activations, capture
from core.visualization.activations.stage_alignment import Level, StageOutput, align, stage_outputs
from tests.core.conftest import MakeBackbone


def by_hand(*stages: tuple[str, tuple[int, int, int]]) -> Activations:
    layers = tuple(Layer(f"layer{index}", "Conv2d", label, 1) for index, (label, _shape) in enumerate(stages))
    shapes = {layer.name: shape for layer, (_label, shape) in zip(layers, stages, strict=True)}
    return Activations(layers, shapes, np.zeros(3, np.float32), {}, {})


def test_three_known_networks(picture: Picture, make_backbone: MakeBackbone) -> None:
    """As in the tables of their papers: ResNet has nothing at 1/2 that ends a stage, Inception begins at 1/8."""
    sides = {"resnet18": 224, "vgg16": 224, "inception_v3": 299}
    captures = [(side, capture(make_backbone(name, side), picture)) for name, side in sides.items()]
    found = {level.reduction: level.outputs for level in align(captures)}
    assert found == {
        2: (None, StageOutput("block 1", "features.4", (64, 112, 112)), None),
        4: (
            StageOutput("stage 1", "layer1.1.relu_1", (64, 56, 56)),
            StageOutput("block 2", "features.9", (128, 56, 56)),
            None,
        ),
        8: (
            StageOutput("stage 2", "layer2.1.relu_1", (128, 28, 28)),
            StageOutput("block 3", "features.16", (256, 28, 28)),
            StageOutput("35×35", "Mixed_5d.cat", (288, 35, 35)),
        ),
        16: (
            StageOutput("stage 3", "layer3.1.relu_1", (256, 14, 14)),
            StageOutput("block 4", "features.23", (512, 14, 14)),
            StageOutput("17×17", "Mixed_6e.cat", (768, 17, 17)),
        ),
        32: (
            StageOutput("stage 4", "layer4.1.relu_1", (512, 7, 7)),
            StageOutput("block 5", "features.30", (512, 7, 7)),
            StageOutput("8×8", "Mixed_7c.cat_2", (2048, 8, 8)),
        ),
    }
    assert list(found) == [2, 4, 8, 16, 32]


def test_captured_networks(picture: Picture, make_backbone: MakeBackbone) -> None:
    backbones = [make_backbone(name) for name in ("tiny_vgg", "tiny_resnet")]
    levels = align([(64, capture(backbone, picture)) for backbone in backbones])
    labels = {level.reduction: tuple(output.label if output else None for output in level.outputs) for level in levels}
    assert labels == {
        1: (None, "stage 1"),
        2: ("stage 1", "stage 2"),
        4: ("stage 2", "stage 3"),
        8: ("stage 3", "stage 4"),
        16: ("stage 4", None),
    }


def test_stage_outputs_are_the_last_layers() -> None:
    activations = by_hand(("a", (8, 32, 32)), ("a", (8, 16, 16)), ("b", (16, 16, 16)), ("c", (10, 1, 1)))
    assert stage_outputs(activations) == (
        StageOutput("a", "layer1", (8, 16, 16)),
        StageOutput("b", "layer2", (16, 16, 16)),
        StageOutput("c", "layer3", (10, 1, 1)),
    )


def test_of_several_stages_at_one_resolution_the_last_stands_for_them() -> None:
    activations = by_hand(("a", (8, 16, 16)), ("b", (16, 16, 16)), ("c", (32, 8, 8)))
    assert align([(64, activations)]) == (
        Level(4, (StageOutput("b", "layer1", (16, 16, 16)),)),
        Level(8, (StageOutput("c", "layer2", (32, 8, 8)),)),
    )


@pytest.mark.parametrize(
    ("side", "height", "reduction"),
    [(299, 149, 2), (299, 35, 8), (299, 17, 16), (299, 8, 32), (224, 224, 1), (224, 13, 16), (600, 19, 32)],
)
def test_reductions_are_rounded_to_powers_of_two(side: int, height: int, reduction: int) -> None:
    (level,) = align([(side, by_hand(("a", (8, height, height))))])
    assert level.reduction == reduction


@pytest.mark.parametrize("shape", [(1000, 1, 1), (8, 1, 5), (8, 5, 1)])
def test_what_has_no_extent_is_left_out(shape: tuple[int, int, int]) -> None:
    assert align([(64, by_hand(("a", shape)))]) == ()


def test_nothing_aligns_to_nothing() -> None:
    assert align([]) == ()


def test_one_backbone_twice_fills_both_places() -> None:
    activations = by_hand(("a", (8, 16, 16)))
    ((_reduction, outputs),) = [(level.reduction, level.outputs) for level in align([(64, activations)] * 2)]
    assert outputs == (StageOutput("a", "layer0", (8, 16, 16)),) * 2
