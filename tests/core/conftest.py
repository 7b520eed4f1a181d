"""What several tests of core start from: a picture, and backbones with random weights, small and quick."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest
import torch
from torch import nn

from core.architectures.loading import Backbone, skeleton
from core.architectures.zoo.backbones import BACKBONES
from core.architectures.zoo.class_names import class_names
from core.compute import prepare
from core.images.picture import Picture
from core.images.preprocessing import Preprocessing
from tests.core import pictures
from tests.core.pathological import randomise

MakeBackbone = Callable[..., Backbone]


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Return a noisy picture of its own digest, in which every pixel matters."""
    image = pictures.photograph(120, 96)
    return Picture(digest="0" * 64, name="noise.png", width=120, height=96, format="PNG", image=image)


@pytest.fixture(scope="session")
def make_backbone() -> MakeBackbone:
    """Return what builds a backbone of the registry for small pictures, with signals of both signs in every layer.

    `model` stands in for the registry's own network.
    """

    def make(name: str, side: int = 64, model: nn.Module | None = None) -> Backbone:
        prepare()
        entry = BACKBONES[name]
        if model is None:
            model = skeleton(entry).to_empty(device="cpu")
            with torch.no_grad():
                for tensor in chain(model.parameters(), model.buffers()):
                    tensor.zero_()
                randomise(model)
        model.eval().requires_grad_(False)
        return Backbone(entry, "untrained", 0, model, Preprocessing(resize=side, crop=side), class_names(entry.classes))

    return make
