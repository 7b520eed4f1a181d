"""Trains a built network for about a minute on generated pictures of shapes, as a stream of events."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from core.architectures.builder.stack import CLASSES, PARAMETERS_AT_MOST, SIDE, build, network, read
from core.compute import prepare
from core.datasets.shapes import SHAPES, draw_shapes
from core.errors import UserError
from core.events import Event
from core.i18n import N_
from core.training_loop import accuracy as accuracy_of
from core.training_loop import minibatches, one_cycle, steps_per_epoch, take_step

if TYPE_CHECKING:
    import torch

PICTURES, HELD_OUT = 1536, 300
BATCH = 64
SECONDS = 60.0
EPOCHS = 12
RATE = 0.1
REPORT_SECONDS = 0.3
DATA_SEED = 0


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """What is trained: the stack as its link text, and the seed of weights and batches."""

    stack: str
    seed: int = 0
    epochs: int = EPOCHS


@dataclass(frozen=True, kw_only=True)
class BuilderTrainingEvent(Event):
    """How far it is: `loss` is the mean since the event before, `accuracy` that on held-out pictures, else NaN.

    `epoch` counts in epochs, with fractions.
    """

    epoch: float
    loss: float
    accuracy: float = math.nan


def learn(config: TrainingConfig) -> Iterator[BuilderTrainingEvent]:
    """Train and yield how it goes: SGD with Nesterov momentum, one cycle; it ends early after `SECONDS`.

    The same course gives the same events up to there, on the same machine. Raises `UserError` for a network that cannot
    be built, or is too large for this.
    """
    stack = read(config.stack)
    built = build(stack)
    if built.mistake is not None:
        raise built.mistake
    if built.parameters > PARAMETERS_AT_MOST:
        raise UserError(
            N_("{count:.1f} million parameters are too many to train here within a minute."),
            N_("Take fewer or narrower blocks: up to {most:.0f} million."),
            count=built.parameters / 1e6,
            most=PARAMETERS_AT_MOST / 1e6,
        )
    prepare()
    import torch
    from torch.nn import functional as F

    torch.manual_seed(config.seed)
    model = network(stack)
    pictures, labels, held_out, answers = _examples()
    steps = steps_per_epoch(len(pictures), BATCH)
    total = steps * config.epochs
    optimizer, schedule = one_cycle(model, RATE, total)
    begun = reported = time.monotonic()
    losses: list[float] = []
    epochs = (minibatches(len(pictures), BATCH) for _ in range(config.epochs))
    for step, chosen in enumerate(chain.from_iterable(epochs)):
        model.train()
        losses.append(take_step(F.cross_entropy(model(pictures[chosen]), labels[chosen]), optimizer, schedule))
        is_end = (step + 1) % steps == 0
        now = time.monotonic()
        if is_end or now - reported > REPORT_SECONDS:
            reported = now
            mean = sum(losses) / len(losses)
            losses.clear()
            accuracy = accuracy_of(model, held_out, answers) if is_end else math.nan
            yield BuilderTrainingEvent(
                step=step + 1, total_steps=total, epoch=(step + 1) / steps, loss=mean, accuracy=accuracy
            )
            if now - begun > SECONDS:
                return


def _examples() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    import torch

    assert len(SHAPES) == CLASSES
    pictures, labels = draw_shapes(PICTURES + HELD_OUT, SIDE, DATA_SEED)
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    y = torch.from_numpy(labels)
    return x[:PICTURES], y[:PICTURES], x[PICTURES:], y[PICTURES:]
