"""The tasks of the races: data, network and length, as rows of one registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.downloads.remote_file import RemoteFile
from core.i18n import N_
from core.optimization.network_race.public_datasets import CIFAR10, FASHION
from core.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from core.optimization.network_race.datasets import Examples


@dataclass(frozen=True, kw_only=True)
class Task:
    """A thing to be learned: `examples` returns the data, `build` a network for it, untrained, which
    `description` names.

    `steps` and `batch` are what a race begins with, `trial_steps` how long each learning rate is tried out.
    `rows_per_event` is after how many updates there is news, about 20 ms, once a step is whole. `files` are fetched
    first. `is_plane` says that the examples are points whose decision boundary can be drawn.
    """

    name: str
    title: str
    idea: str
    description: str
    examples: Callable[[], Examples] = field(compare=False)
    build: Callable[[], nn.Module] = field(compare=False)
    steps: int
    batch: int
    trial_steps: int
    rows_per_event: int = 1
    files: tuple[RemoteFile, ...] = ()
    is_plane: bool = False


def _digits() -> Examples:
    from core.optimization.network_race import datasets

    return datasets.digits()


def _moons() -> Examples:
    from core.optimization.network_race import datasets

    return datasets.moons()


def _shapes() -> Examples:
    from core.optimization.network_race import datasets

    return datasets.shapes()


def _fashion() -> Examples:
    from core.optimization.network_race import public_datasets

    return public_datasets.fashion()


def _cifar10() -> Examples:
    from core.optimization.network_race import public_datasets

    return public_datasets.cifar10()


def _small_mlp() -> nn.Module:
    from core.optimization.network_race import networks

    return networks.small_mlp()


def _digits_cnn() -> nn.Module:
    from core.optimization.network_race import networks

    return networks.small_cnn(channels=1, side=8, classes=10)


def _fashion_cnn() -> nn.Module:
    from core.optimization.network_race import networks

    return networks.small_cnn(channels=1, side=28, classes=10)


def _cifar_cnn() -> nn.Module:
    from core.optimization.network_race import networks

    return networks.small_cnn(channels=3, side=32, classes=10)


def _shapes_backbone() -> nn.Module:
    from core.optimization.network_race import networks

    return networks.backbone_for_shapes()


TASKS: Registry[Task] = Registry(
    N_("task"),
    (
        Task(
            name="digits",
            title=N_("Digits"),
            idea=N_("1,797 handwritten digits of 8 × 8 pixels from scikit-learn."),
            description=N_("a CNN of two convolutions"),
            examples=_digits,
            build=_digits_cnn,
            steps=300,
            batch=64,
            trial_steps=40,
            rows_per_event=12,
        ),
        Task(
            name="moons",
            title=N_("Two moons"),
            idea=N_("Points of two classes in the plane; below, each network's decision boundary moves."),
            description=N_("a small MLP"),
            examples=_moons,
            build=_small_mlp,
            steps=400,
            batch=32,
            trial_steps=60,
            rows_per_event=24,
            is_plane=True,
        ),
        Task(
            name="shapes",
            title=N_("Shapes"),
            idea=N_("Generated circles, squares, triangles, stars, crosses and rings of 24 × 24 pixels."),
            description=N_("the tiny ResNet of the sidebar's backbones"),
            examples=_shapes,
            build=_shapes_backbone,
            steps=150,
            batch=16,
            trial_steps=60,
        ),
        Task(
            name="fashion",
            title="Fashion-MNIST",
            idea=N_("Clothes of 28 × 28 pixels in ten classes; fetched once, 31 MB."),
            description=N_("a CNN of two convolutions"),
            examples=_fashion,
            build=_fashion_cnn,
            steps=300,
            batch=64,
            trial_steps=25,
            rows_per_event=3,
            files=FASHION,
        ),
        Task(
            name="cifar10",
            title="CIFAR-10",
            idea=N_("Photographs of 32 × 32 pixels in ten classes; fetched once, 170 MB."),
            description=N_("a CNN of two convolutions"),
            examples=_cifar10,
            build=_cifar_cnn,
            steps=300,
            batch=64,
            trial_steps=25,
            rows_per_event=2,
            files=CIFAR10,
        ),
    ),
)
