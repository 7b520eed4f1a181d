"""A paired experiment: the same small network trained with and without a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.augmentation.pipeline import Pipeline, read
from core.augmentation.sampling import draw_samples
from core.compute import prepare
from core.datasets.digits import digit_pictures
from core.datasets.shapes import SHAPES, draw_shapes
from core.events import Event
from core.i18n import N_
from core.registry import Registry
from core.training_loop import accuracy as accuracy_of
from core.training_loop import minibatches, one_cycle, steps_per_epoch, take_step

if TYPE_CHECKING:
    from torch import nn

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
SIDE = 32  # pixels
HELD_OUT = 400
BATCH, RATE = 16, 0.05
WIDTHS = (16, 32, 64)
CONFIDENCE = 0.95
EPOCHS = 40
SEEDS = 3
PER_CLASS = 5


@dataclass(frozen=True, kw_only=True)
class ToyDataset:
    """Pictures to learn from: `load` returns (n, side, side, 3) with their classes, of which there are `classes`."""

    name: str
    title: str
    classes: int
    load: Callable[[], tuple[Pixels, Labels]]


def _digits() -> tuple[Pixels, Labels]:
    grey, labels = digit_pictures()
    large = [np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for image in grey]
    return np.repeat(np.stack(large)[..., None], 3, axis=3), labels


def _shapes() -> tuple[Pixels, Labels]:
    return draw_shapes(1200, SIDE, 7)


SETS: Registry[ToyDataset] = Registry(
    N_("data set"),
    (
        ToyDataset(name="digits", title=N_("Handwritten digits"), classes=10, load=_digits),
        ToyDataset(name="shapes", title=N_("Drawn shapes"), classes=len(SHAPES), load=_shapes),
    ),
)


@dataclass(frozen=True, kw_only=True)
class AugmentationTrial:
    """What is compared: the `pipeline` as in a link against nothing, on `per_class` pictures, over `seeds` seeds."""

    data: str
    pipeline: str
    per_class: int = PER_CLASS
    epochs: int = EPOCHS
    seeds: int = SEEDS
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class TrialEvent(Event):
    """How far it is: after `epoch` of one arm, `augmented` or not, with seed number `place`, the held-out accuracy."""

    place: int
    augmented: bool
    epoch: int
    accuracy: float
    loss: float


@dataclass(frozen=True)
class ExperimentResult:
    """Final accuracies of both arms by seed, and their mean difference with its interval of 95 %; NaN of one seed."""

    without: tuple[float, ...]
    with_it: tuple[float, ...]
    difference: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Return "helps" or "harms" where the interval leaves zero out, else "undecided"."""
        return "helps" if self.low > 0 else "harms" if self.high < 0 else "undecided"


def run_experiment(trial: AugmentationTrial) -> Iterator[TrialEvent]:
    """Train both arms with each seed and yield how each epoch went; the same trial gives the same events."""
    prepare()
    pipeline = read(trial.pipeline)
    pixels, labels = SETS[trial.data].load()
    total = 2 * trial.seeds * trial.epochs
    step = 0
    for index in range(trial.seeds):
        seed = trial.seed + index
        learned, held_out = split(labels, trial.per_class, seed)
        for augmented in (False, True):
            arm = _train(
                SETS[trial.data].classes,
                (pixels[learned], labels[learned]),
                (pixels[held_out], labels[held_out]),
                pipeline if augmented else Pipeline(),
                trial.epochs,
                seed,
            )
            for epoch, (loss, accuracy) in enumerate(arm, 1):
                step += 1
                yield TrialEvent(
                    step=step,
                    total_steps=total,
                    place=index,
                    augmented=augmented,
                    epoch=epoch,
                    accuracy=accuracy,
                    loss=loss,
                )


def first_pictures(trial: AugmentationTrial) -> tuple[Pixels, Pixels]:
    """Return a picture of each class (classes, side, side, 3), and what the network gets of it in the first epoch."""
    pipeline = read(trial.pipeline)
    pixels, labels = SETS[trial.data].load()
    learned = split(labels, trial.per_class, trial.seed)[0]
    firsts = [int(np.flatnonzero(labels[learned] == label)[0]) for label in range(SETS[trial.data].classes)]
    starts = pixels[learned[firsts]]
    samples = [
        _sample(Image.fromarray(start), pipeline, trial.seed, place)
        for start, place in zip(starts, firsts, strict=True)
    ]
    return starts, np.stack(samples)


def split(labels: Labels, per_class: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of so many pictures of each class to learn from, and of others to be judged by."""
    order = np.random.default_rng(seed).permutation(len(labels))
    learned = np.concatenate([order[labels[order] == label][:per_class] for label in np.unique(labels)])
    others = order[~np.isin(order, learned)]
    return np.sort(learned), others[:HELD_OUT]


def network(classes: int, seed: int) -> nn.Module:
    """Return the network: three convolutions with batch normalisation and pooling, then a linear layer."""
    from torch import nn

    from core.architectures.zoo.initialisation import Seeded
    from core.architectures.zoo.tiny import average_and_classify, conv_norm_relu, named

    with Seeded(seed):
        stages: dict[str, nn.Module] = {}
        inputs = 3
        for number, width in enumerate(WIDTHS, 1):
            stages[f"stage{number}"] = named(conv=conv_norm_relu(inputs, width, kernel=3), pool=nn.MaxPool2d(2))
            inputs = width
        return named(**stages, head=average_and_classify(inputs, classes))


def _train(
    classes: int,
    learned: tuple[Pixels, Labels],
    held_out: tuple[Pixels, Labels],
    pipeline: Pipeline,
    epochs: int,
    seed: int,
) -> Iterator[tuple[float, float]]:
    """Yield mean loss and held-out accuracy of each epoch; every picture of every epoch is a sample of its own."""
    import torch
    from torch.nn import functional as F

    model = network(classes, seed)
    random = torch.Generator().manual_seed(seed)
    starts = [Image.fromarray(image) for image in learned[0]]
    targets = torch.from_numpy(learned[1])
    judged, answers = _inputs(held_out[0]), torch.from_numpy(held_out[1])
    optimizer, schedule = one_cycle(model, RATE, steps_per_epoch(len(starts), BATCH) * epochs)
    for epoch in range(epochs):
        seen = [_sample(start, pipeline, seed, epoch * len(starts) + index) for index, start in enumerate(starts)]
        inputs = _inputs(np.stack(seen))
        model.train()
        losses = [
            take_step(F.cross_entropy(model(inputs[chosen]), targets[chosen]), optimizer, schedule)
            for chosen in minibatches(len(starts), BATCH, random)
        ]
        yield float(np.mean(losses)), accuracy_of(model, judged, answers)


def _sample(start: Image.Image, pipeline: Pipeline, seed: int, number: int) -> Pixels:
    """Return one sample at the size that the network takes."""
    pixels = draw_samples(start, pipeline, seed, [number])[0].image
    if pixels.shape[:2] == (SIDE, SIDE):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _inputs(pixels: Pixels) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def outcome(events: Sequence[TrialEvent], epochs: int) -> ExperimentResult | None:
    """Return the comparison of the pairs that have ended; None before the first."""
    last = {(event.place, event.augmented): event.accuracy for event in events if event.epoch == epochs}
    places = [place for place, augmented in last if augmented and (place, False) in last]
    if not places:
        return None
    without = np.array([last[place, False] for place in places])
    with_it = np.array([last[place, True] for place in places])
    apart = with_it - without
    low = high = float("nan")
    if len(apart) > 1:
        from scipy.stats import t

        reach = float(t.ppf((1 + CONFIDENCE) / 2, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart)))
        low, high = float(apart.mean()) - reach, float(apart.mean()) + reach
    return ExperimentResult(tuple(without.tolist()), tuple(with_it.tolist()), float(apart.mean()), low, high)


def curves(events: Sequence[TrialEvent], augmented: bool) -> tuple[list[int], list[float], list[float], list[float]]:
    """Return epochs, and mean, least and greatest held-out accuracy of one arm over its seeds so far."""
    found: dict[int, list[float]] = {}
    for event in events:
        if event.augmented == augmented:
            found.setdefault(event.epoch, []).append(event.accuracy)
    epochs = sorted(found)
    return (
        epochs,
        [float(np.mean(found[epoch])) for epoch in epochs],
        [min(found[epoch]) for epoch in epochs],
        [max(found[epoch]) for epoch in epochs],
    )
