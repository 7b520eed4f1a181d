"""The registry of transfer strategies, each one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.i18n import N_
from core.registry import Registry

if TYPE_CHECKING:
    from core.architectures.features import Features
    from core.architectures.loading import Backbone
    from core.transfer.data.labelled_images import Prepared
    from core.transfer.training.fine_tuning import FineTuningConfig
    from core.transfer.training.transfer_network import TransferNetwork

INVERSE_STRENGTH = {"probe": 1.0, "svm": 0.1}  # scikit-learn's C, on standardised features
STEPS_WANTED = 120  # of gradient descent, where there are few pictures
STEPS_AN_EPOCH = 4  # where pictures are few, batches are smaller
EPOCHS_LEAST, EPOCHS_MOST = 8, 30
BATCH_LEAST = 8
SCRATCH_TIMES = 2  # as many epochs where nothing is known beforehand


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A strategy with its stage: where features are taken, or the first stage that is trained; "" where all are."""

    strategy: str
    stage: str = ""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a strategy learns from: pictures, and their features where they have been extracted."""

    backbone: Backbone
    pictures: Prepared
    features: Features
    stage: str
    seed: int


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """What a strategy has learned: a network with weights for the classes, and how many of them were trained."""

    network: TransferNetwork
    trained: int


Fit = Callable[[TrainingData], Iterator[TrainedModel | None]]
"""Learns from a lesson; yields None while it is at work, and at last what it has learned."""


def _no_epochs(_count: int) -> int:
    return 0


def _epochs(count: int) -> int:
    return recipe_for(count).epochs


def _epochs_from_scratch(count: int) -> int:
    return recipe_for(count, from_scratch=True).epochs


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A strategy: `idea` in one sentence; `epochs` says how many it takes on so many pictures.

    What it ends in `gives_probabilities`, or only scores.

    It `takes_over` the weights of the backbone, or draws its own. Its plans name a stage where it `takes_features`, and
    where it `takes_first`, the first one that is trained.
    """

    name: str
    title: str
    idea: str
    fit: Fit
    epochs: Callable[[int], int] = _no_epochs
    takes_features: bool = False
    takes_first: bool = False
    takes_over: bool = True
    gives_probabilities: bool = True


def _linear(make: Callable[[], Any]) -> Fit:
    def fit(training_data: TrainingData) -> Iterator[TrainedModel]:
        from core.transfer.training.transfer_network import with_new_head

        network = with_new_head(
            training_data.backbone, len(training_data.pictures.classes), training_data.stage, training_data.seed
        )
        network.freeze(tuple(network.modules_by_stage))
        set_head(network, make(), training_data.features.stages[training_data.stage], training_data.pictures.labels)
        yield TrainedModel(network, sum(parameter.numel() for parameter in network.linear.parameters()))

    return fit


def logistic_regression() -> Any:
    """Return scikit-learn's multinomial logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=INVERSE_STRENGTH["probe"], max_iter=2000)


def support_vectors() -> Any:
    """Return scikit-learn's linear support vector machine, one class against the rest."""
    from sklearn.svm import LinearSVC

    return LinearSVC(C=INVERSE_STRENGTH["svm"], max_iter=20_000)


def set_head(
    network: TransferNetwork, classifier: Any, features: NDArray[np.float32], labels: NDArray[np.int64]
) -> None:
    """Fit a linear classifier of scikit-learn to standardised features, and make it the network's head.

    Mean and deviation go into weights and biases, so that the network needs neither. Classes that no label names get
    the smallest bias.
    """
    import torch
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(features.astype(np.float64))
    classifier.fit(scaler.transform(features.astype(np.float64)), labels)
    weights, biases = classifier.coef_, classifier.intercept_
    if len(weights) == 1:  # two classes: one score, positive for the second
        weights, biases = np.concatenate([-weights / 2, weights / 2]), np.concatenate([-biases / 2, biases / 2])
    weights = weights / scaler.scale_
    biases = biases - weights @ scaler.mean_
    with torch.no_grad():
        network.linear.weight.zero_()
        network.linear.bias.fill_(float(biases.min()) - 1e3)
        network.linear.weight[classifier.classes_] = torch.from_numpy(weights).float()
        network.linear.bias[classifier.classes_] = torch.from_numpy(biases).float()


def set_short_head(network: TransferNetwork, features: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    """Make logistic regression the network's head, its weights as a whole as small as those drawn.

    A drawn head distorts good features, and one that fits few pictures perfectly leaves the trunk nothing to learn;
    this one points where it should and is unsure of everything.
    """
    import torch

    drawn = network.linear.weight.detach().norm()
    set_head(network, logistic_regression(), features, labels)
    with torch.no_grad():
        share = drawn / network.linear.weight.norm().clamp(min=1e-12)
        network.linear.weight.mul_(share)
        network.linear.bias.mul_(share)


def recipe_for(count: int, *, from_scratch: bool = False) -> FineTuningConfig:
    """Return how a network is trained on so many pictures: enough steps where they are few, in smaller batches.

    A pretrained trunk keeps its statistics of batch normalisation, and its last stage has a tenth of the head's rate.
    """
    from core.transfer.training.fine_tuning import FineTuningConfig

    batch = min(FineTuningConfig.batch, max(BATCH_LEAST, count // STEPS_AN_EPOCH))
    base = FineTuningConfig(trunk_rate=3e-4, statistics=False, batch=batch)
    steps = max(1, count // batch)
    epochs = min(EPOCHS_MOST, max(EPOCHS_LEAST, -(-STEPS_WANTED // steps)))
    if from_scratch:
        return replace(base, trunk_rate=base.rate, decay=1.0, statistics=True, epochs=epochs * SCRATCH_TIMES)
    return replace(base, epochs=epochs)


def _fine_tune(training_data: TrainingData) -> Iterator[TrainedModel | None]:
    from core.transfer.training.transfer_network import with_new_head

    network = with_new_head(training_data.backbone, len(training_data.pictures.classes), seed=training_data.seed)
    stages = tuple(network.modules_by_stage)
    set_short_head(network, training_data.features.stages[stages[-1]], training_data.pictures.labels)
    network.freeze(stages[: stages.index(training_data.stage)] if training_data.stage else ())
    yield from _trained(network, training_data, recipe_for(len(training_data.pictures)))


def _from_scratch(training_data: TrainingData) -> Iterator[TrainedModel | None]:
    from core.architectures.loading import load
    from core.transfer.training.transfer_network import with_new_head

    untrained = load(training_data.backbone.entry.name, "untrained", training_data.seed)
    network = with_new_head(untrained, len(training_data.pictures.classes), seed=training_data.seed)
    yield from _trained(network, training_data, recipe_for(len(training_data.pictures), from_scratch=True))


def _trained(
    network: TransferNetwork, training_data: TrainingData, recipe: FineTuningConfig
) -> Iterator[TrainedModel | None]:
    from core.transfer.training.fine_tuning import fine_tune

    count = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    pictures, preprocessing = training_data.pictures, training_data.backbone.preprocessing
    for _epoch in fine_tune(network, pictures.images, pictures.labels, preprocessing, recipe, training_data.seed):
        yield None
    yield TrainedModel(network, count)


STRATEGIES: Registry[Strategy] = Registry(
    N_("strategy"),
    (
        Strategy(
            name="probe",
            title=N_("Linear probe"),
            idea=N_("The network stays as it is; logistic regression on the features of one stage."),
            fit=_linear(logistic_regression),
            takes_features=True,
        ),
        Strategy(
            name="svm",
            title=N_("SVM"),
            idea=N_("The network stays as it is; a linear support vector machine on the features of one stage."),
            fit=_linear(support_vectors),
            takes_features=True,
            gives_probabilities=False,
        ),
        Strategy(
            name="last_stages",
            title=N_("Fine-tune the last stages"),
            idea=N_("The first stages stay frozen; the last ones go on learning, slowly, with a new head."),
            fit=_fine_tune,
            epochs=_epochs,
            takes_first=True,
        ),
        Strategy(
            name="all",
            title=N_("Fine-tune everything"),
            idea=N_("All stages go on learning from the pretrained weights, the earlier the more slowly."),
            fit=_fine_tune,
            epochs=_epochs,
        ),
        Strategy(
            name="scratch",
            title=N_("From scratch"),
            idea=N_("The same network, its weights drawn at random: nothing is taken over."),
            fit=_from_scratch,
            epochs=_epochs_from_scratch,
            takes_over=False,
        ),
    ),
)


def plans(stages: tuple[str, ...], trained: int = 1) -> tuple[Plan, ...]:
    """Return all plans for a network of these stages; of the last ones `trained` are fine-tuned."""
    found: list[Plan] = []
    for strategy in STRATEGIES.values():
        if strategy.takes_features:
            found += [Plan(strategy=strategy.name, stage=stage) for stage in stages]
        else:
            found.append(Plan(strategy=strategy.name, stage=stages[-trained] if strategy.takes_first else ""))
    return tuple(found)
