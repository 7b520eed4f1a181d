"""The networks that race, small enough to train many side by side on one core."""

from __future__ import annotations

from torch import nn

from core.architectures.zoo.tiny import tiny_resnet
from core.datasets.shapes import SHAPES


def small_mlp() -> nn.Module:
    """Return an MLP from points in the plane (n, 2) to two logits."""
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 2))


def small_cnn(channels: int, side: int, classes: int) -> nn.Module:
    """Return two convolutions, each followed by ReLU and max pooling, and a linear layer (LeCun et al. 1998)."""
    left = side // 4
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * left * left, classes),
    )


def backbone_for_shapes() -> nn.Module:
    """Return the tiny ResNet with as many classes as there are shapes."""
    return tiny_resnet(len(SHAPES))
