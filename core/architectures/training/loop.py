"""The training loop as a stream of events, with checkpoints from which it resumes exactly."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.architectures.training.augmentation import augment, mix
from core.architectures.training.dataset import CLASSES, Labelled
from core.architectures.training.learner import Learner
from core.architectures.training.metrics import logits_of, top_k_accuracy
from core.architectures.training.outlier_exposure import draw_outliers
from core.architectures.zoo.class_names import class_names
from core.events import Event
from core.training_loop import minibatches, steps_per_epoch

REPORT_SECONDS = 0.5
SAVE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class TrainingEvent(Event):
    """Steps taken of all; `epoch` is counted from 1, `loss` is that of the last step.

    `top1` is the share of held-out pictures that were right after the last complete epoch; NaN before the first.
    `first_step` is the one that this run began with, larger than 0 after a restart.
    """

    epoch: int
    epochs: int
    loss: float
    top1: float
    first_step: int


@dataclass
class _Progress:
    epoch: int = 0  # complete ones
    top1: float = math.nan


def train(learner: Learner, pictures: Labelled, held_out: Labelled, checkpoint: Path) -> Iterator[TrainingEvent]:
    """Train to the end of the recipe and yield how far it is; the result is then in `learner.average`.

    Each epoch draws from a seed of its own and `checkpoint` is written between epochs, so that a run that was killed
    and started again gives the same network, on the same machine bit for bit.
    """
    recipe, progress = learner.recipe, _Progress()
    _restore(learner, progress, checkpoint)
    images, labels = (torch.from_numpy(array).to(learner.device) for array in (pictures.images, pictures.labels))
    steps = steps_per_epoch(len(pictures), recipe.batch)
    total, first = steps * recipe.epochs, progress.epoch * steps
    saved = reported = time.monotonic()

    def event(step: int, loss: Tensor) -> TrainingEvent:
        return TrainingEvent(
            step=step,
            total_steps=total,
            epoch=min(step // steps + 1, recipe.epochs),
            epochs=recipe.epochs,
            loss=float(loss),
            top1=progress.top1,
            first_step=first,
        )

    loss = torch.tensor(math.nan)
    for epoch in range(progress.epoch, recipe.epochs):
        for step, loss in _learn_epoch(learner, epoch, images, labels, total):
            if time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                yield event(step, loss)
        progress.top1 = top_k_accuracy(logits_of(learner.average, held_out, learner.device), held_out.labels)
        progress.epoch = epoch + 1
        if time.monotonic() - saved > SAVE_SECONDS or progress.epoch == recipe.epochs:
            _save(learner, progress, checkpoint)
            saved = time.monotonic()
        yield event(progress.epoch * steps, loss)


def fingerprint(name: str, learner: Learner, pictures: Labelled) -> str:
    """Return digits that differ where the result would: with the network, the recipe, the pictures or the teachers."""
    found = hashlib.sha256(repr((name, learner.recipe, learner.device.type)).encode())
    found.update(pictures.images.tobytes() + pictures.labels.tobytes())
    for teacher in learner.teachers:
        for parameter in teacher.parameters():
            found.update(parameter.detach().cpu().float().numpy().tobytes())
    return found.hexdigest()[:16]


def _learn_epoch(
    learner: Learner, epoch: int, images: Tensor, labels: Tensor, total: int
) -> Iterator[tuple[int, Tensor]]:
    recipe = learner.recipe
    random = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    side = recipe.side(epoch)
    variety, count = (
        (recipe.settled, round(recipe.batch * recipe.strange)) if recipe.is_settling(epoch) else (recipe.variety, 0)
    )
    first = epoch * steps_per_epoch(len(images), recipe.batch)
    for step, chosen in enumerate(minibatches(len(images), recipe.batch, random), first):
        batch = chosen.to(learner.device)
        views, shares = augment(images[batch], side, variety, random), labels[batch]
        if float(torch.rand((), generator=random)) < recipe.mixing:
            views, shares = mix(views, shares, len(class_names(CLASSES)), random)
        outliers = draw_outliers(images[batch[:count]], side, random) if count else views[:0]
        yield step + 1, learner.learn(views, shares, outliers, step, total)


def _save(learner: Learner, progress: _Progress, checkpoint: Path) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    unfinished = checkpoint.with_suffix(".tmp")
    torch.save({"epoch": progress.epoch, "top1": progress.top1, "learner": learner.state()}, unfinished)
    unfinished.replace(checkpoint)


def _restore(learner: Learner, progress: _Progress, checkpoint: Path) -> None:
    if not checkpoint.is_file():
        return
    state: dict[str, Any] = torch.load(checkpoint, map_location=learner.device, weights_only=True)
    learner.restore(state["learner"])
    progress.epoch, progress.top1 = state["epoch"], state["top1"]
