"""The diagnosis: amount of data and similarity to the backbone's training data.

Everything is measured on the pictures at hand, with its standard error. Nothing is trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.compute import single_threaded
from core.events import Event
from core.transfer.data.config import TransferConfig
from core.transfer.data.labelled_images import Prepared, Unread
from core.transfer.diagnosis.transferability import Measured, leep, logme, nearest, with_error

if TYPE_CHECKING:
    from core.architectures.features import Features
    from core.architectures.loading import Backbone

SIMILARITY_PICTURES = 200  # that the statistics of batch normalisation are taken over


@dataclass(frozen=True, kw_only=True)
class StageReading:
    """What one stage makes of the pictures.

    `distance` is how far the inputs of its batch normalisations are from those stored, in stored standard deviations;
    None where there are none. `nearest` is the share of pictures whose nearest neighbour is of the same class, `logme`
    the log evidence per picture. `channels` are its features, `parameters` those of the network up to its end.
    """

    stage: str
    channels: int
    parameters: int
    distance: Measured | None
    nearest: Measured
    logme: Measured


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was measured for a `setup`: `counts` pictures of each of the `classes`.

    `entropy` is the mean entropy of the backbone's own answers, as a share of that of a guess; `leep` is read from the
    same answers. `distance` is the mean over all stages. `seconds` is what one picture takes to pass, on one core,
    `activation_bytes` the memory that its layers' outputs take.
    """

    setup: TransferConfig
    classes: tuple[str, ...]
    is_marked: bool
    counts: tuple[int, ...]
    unread: tuple[Unread, ...]
    near_duplicates: int
    stages: tuple[StageReading, ...]
    distance: Measured | None
    entropy: Measured
    leep: Measured
    seconds: float
    activation_bytes: int

    @property
    def parameters(self) -> int:
        """Return the parameters of the network without its head."""
        return self.stages[-1].parameters

    @property
    def per_class(self) -> float:
        """Return the mean number of pictures of a class."""
        return sum(self.counts) / len(self.counts)

    def head_parameters(self, stage: str) -> int:
        """Return the parameters of a linear classifier on the features of a stage: weights and biases."""
        channels = next(reading.channels for reading in self.stages if reading.stage == stage)
        return (channels + 1) * len(self.classes)


@dataclass(frozen=True, kw_only=True)
class DiagnosisEvent(Event):
    """How far it is; with the last event comes the `diagnosis`."""

    diagnosis: Diagnosis | None = None


def diagnose(setup: TransferConfig) -> Iterator[DiagnosisEvent]:
    """Measure, and yield how far it is. Raises `UserError` where the pictures or the weights cannot be had."""
    with single_threaded():
        yield from _diagnose(setup)


def _diagnose(setup: TransferConfig) -> Iterator[DiagnosisEvent]:
    from core.architectures.features import concatenate, extract_features, seconds_of_a_pass
    from core.transfer.diagnosis.domain_distance import by_stage, inputs_of, normalisations

    backbone = setup.network()
    yield DiagnosisEvent(step=0)
    pictures = setup.prepared(backbone)
    some = pictures.images[:SIMILARITY_PICTURES]  # the classes take turns in them
    total = len(pictures) + len(some)
    parts, done = [], 0
    for part in extract_features(backbone, pictures.images):
        parts.append(part)
        done += len(part)
        yield DiagnosisEvent(step=done, total_steps=total)
    features = concatenate(parts)
    stages = normalisations(backbone)
    inputs = inputs_of(backbone, some) if stages else {}
    yield DiagnosisEvent(step=total, total_steps=total)
    distances = {}
    for stage in dict.fromkeys(stages.values()):
        own = {name: tensor for name, tensor in inputs.items() if stages[name] == stage}
        distances[stage] = with_error(
            lambda chosen, own=own, stage=stage: by_stage(own, stages, chosen)[stage],  # type: ignore[misc]
            len(some),
        )
    diagnosis = Diagnosis(
        setup=setup,
        classes=pictures.classes,
        is_marked=pictures.is_marked,
        counts=pictures.counts,
        unread=pictures.unread,
        near_duplicates=pictures.near_duplicates,
        stages=tuple(_readings(backbone, features, pictures, distances)),
        distance=_mean(list(distances.values())),
        entropy=_entropy(features.logits),
        leep=with_error(lambda chosen: leep(features.logits[chosen], pictures.labels[chosen]), len(pictures)),
        seconds=seconds_of_a_pass(backbone, pictures.images),
        activation_bytes=backbone.capture_bytes,
    )
    yield DiagnosisEvent(step=total, total_steps=total, diagnosis=diagnosis)


def _readings(
    backbone: Backbone, features: Features, pictures: Prepared, distances: dict[str, Measured]
) -> Iterator[StageReading]:
    from core.transfer.training.transfer_network import parameters_up_to

    counts = parameters_up_to(backbone)
    labels, groups = pictures.labels, pictures.groups
    for stage, values in features.stages.items():
        right = nearest(values, labels, groups)
        yield StageReading(
            stage=stage,
            channels=values.shape[1],
            parameters=counts[stage],
            distance=distances.get(stage),
            nearest=Measured(float(right.mean()), float(np.sqrt(right.mean() * (1 - right.mean()) / len(right)))),
            logme=with_error(lambda chosen, values=values: logme(values[chosen], labels[chosen]), len(labels)),  # type: ignore[misc]
        )


def _entropy(logits: NDArray[np.float32]) -> Measured:
    from core.transfer.diagnosis.domain_distance import entropies

    found = entropies(logits)
    return Measured(float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found))))


def _mean(distances: list[Measured]) -> Measured | None:
    """Return the mean over stages; their errors, which come from the same pictures, are averaged too."""
    if not distances:
        return None
    return Measured(
        float(np.mean([distance.value for distance in distances])),
        float(np.mean([distance.error for distance in distances])),
    )
