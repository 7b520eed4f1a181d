"""What every row of a registry has to keep; a new row is tested unasked."""

from __future__ import annotations

import re
from functools import cache

import pytest
import torch
from torch import nn

from core import torchvision_compat
from core.architectures.loading import load, skeleton
from core.architectures.zoo.backbones import BACKBONES, CLASSES, DEFAULT, BackboneEntry, families, of_family
from core.architectures.zoo.class_names import class_names

torchvision_compat.declare()
from torchvision.models import get_model_weights  # noqa: E402
from torchvision.models.feature_extraction import NodePathTracer  # noqa: E402

each_backbone = pytest.mark.parametrize("entry", BACKBONES.values(), ids=BACKBONES)
LECTURE = ("VGG", "ResNet", "Inception", "Xception", "SqueezeNet", "MobileNet")


@cache
def built(name: str) -> nn.Module:
    return skeleton(BACKBONES[name])


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_families_follow_the_lecture_and_each_of_its_own_begins_with_a_tiny_one() -> None:
    assert families()[:6] == LECTURE
    assert len(families()) == 16
    assert all(of_family(family)[0].source == "convscope" for family in LECTURE)
    assert sum(len(of_family(family)) for family in families()) == len(BACKBONES)
    assert of_family("no such family") == ()
    assert DEFAULT in BACKBONES


@each_backbone
def test_a_row_can_stand_in_a_link_and_is_complete(entry: BackboneEntry) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", entry.name)
    assert entry.title.strip()
    assert re.fullmatch(r"\d{4}\.\d{5}|\d{4}\.\d{4}", entry.paper.arxiv)
    assert entry.paper.arxiv[:2] == str(entry.year)[2:]
    assert len({stage.label for stage in entry.stages}) == len(entry.stages)
    hash(entry)


@each_backbone
def test_parameters_are_those_of_the_network_built(entry: BackboneEntry) -> None:
    assert parameters(built(entry.name)) == entry.parameters


@pytest.mark.parametrize("name", [name for name, entry in BACKBONES.items() if entry.source == "torchvision"])
def test_parameters_are_those_torchvision_publishes(name: str) -> None:
    entry = BACKBONES[name]
    published = get_model_weights(entry.builder)[entry.imagenet].meta["num_params"]
    # torchvision counts Inception-v3 with its auxiliary classifier, GoogLeNet without
    auxiliary = 3_326_696 if entry.name == "inception_v3" else 0
    assert entry.parameters == published - auxiliary


@each_backbone
def test_a_picture_of_the_stated_size_gives_one_logit_for_each_class(entry: BackboneEntry) -> None:
    logits = built(entry.name)(torch.empty(1, 3, entry.input_size, entry.input_size, device="meta"))
    assert logits.shape == (1, CLASSES[entry.classes])
    assert len(class_names(entry.classes)) == len(set(class_names(entry.classes))) == CLASSES[entry.classes]


@each_backbone
def test_stages_start_at_layers_in_the_order_the_data_takes(entry: BackboneEntry) -> None:
    """And the first one is where the data enters: only arithmetic on the picture itself comes before."""
    tracer = NodePathTracer()
    tracer.trace(built(entry.name))
    names = list(tracer.node_to_qualname.values())
    starts = [
        next((i for i, name in enumerate(names) if name == stage.start or name.startswith(stage.start + ".")), -1)
        for stage in entry.stages
    ]
    assert -1 not in starts, [stage.start for stage, start in zip(entry.stages, starts, strict=True) if start < 0]
    assert starts == sorted(set(starts))
    first_module = next(i for i, name in enumerate(names) if name.partition(".")[0] in dict(built(entry.name)._modules))
    assert starts[0] == first_module


@pytest.mark.parametrize("family", families())
def test_one_of_each_family_really_answers(family: str) -> None:
    """The smallest one, on a picture as small as it takes."""
    entry = min(of_family(family), key=lambda entry: entry.parameters)
    backbone = load(entry.name)
    picture = torch.zeros(1, 3, *(2 * [min(entry.input_size, 96)]))
    logits = backbone.model(picture)
    assert logits.shape == (1, len(backbone.class_names))
    assert logits.isfinite().all()
    assert backbone.preprocessing.crop == entry.input_size
