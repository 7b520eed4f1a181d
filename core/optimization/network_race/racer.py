"""The training loop of one optimizer in a race."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.zoo.initialisation import Seeded
from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.tasks import Task
from core.optimization.network_race.two_moons import PLANE, PLANE_SIDE
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.schedules import SCHEDULES
from core.training_loop import minibatches

AT_ONCE = 500  # held-out examples in one pass


class Start:
    """What all runners of a race share: the examples, and for each seed the first weights and the order of batches."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.examples = task.examples()

    def network(self, seed: int) -> nn.Module:
        """Return a new network with the first weights of a seed, in training mode."""
        with Seeded(seed):
            model = self.task.build().train()
        return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def batches(self, batch: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches (inputs, labels) without end: each epoch all examples in a new order of the seed."""
        random = torch.Generator().manual_seed(seed)
        while True:
            for chosen in minibatches(len(self.examples.labels), batch, random):
                yield self.examples.inputs[chosen], self.examples.labels[chosen]


class Racer:
    """A copy of the network in the hands of one method; `place` and `seed` say which by their numbers in the race."""

    def __init__(self, start: Start, race: NetworkRace, index: int, seed: int, rate: float) -> None:
        name = race.optimizers[index]
        self.place = index
        self.seed = seed
        self.is_lost = False
        self._examples = start.examples
        self._model = start.network(race.seed + seed)
        self._batches = start.batches(race.batch, race.seed + seed)
        self._optimizer = OPTIMIZERS[name].build(self._model.parameters(), {**race.values.get(name, {}), "lr": rate})
        schedule = SCHEDULES[race.schedule].build
        self._scheduler = schedule(self._optimizer, race.steps) if schedule else None
        self._parameters = list(self._model.parameters())
        self._step = 0
        self._accuracy = math.nan

    def update(self) -> tuple[float, ...]:
        """Take one step and return its row, see `core.optimization.network_race.config.COLUMNS`."""
        started = time.perf_counter()
        inputs, labels = next(self._batches)
        self._optimizer.zero_grad()
        loss = F.cross_entropy(self._model(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.get_total_norm([p.grad for p in self._parameters if p.grad is not None])
        lr = self._optimizer.param_groups[0]["lr"]
        self._optimizer.step()
        if self._scheduler:
            self._scheduler.step()
        seconds = time.perf_counter() - started
        value = float(loss.detach())
        self.is_lost = not math.isfinite(value)
        return self._row(value, float(norm), lr, seconds)

    def last(self) -> tuple[float, ...]:
        """Return the row after the last step, which has an accuracy only."""
        return self._row(math.nan, math.nan, math.nan, math.nan)

    def evaluate(self) -> None:
        """Measure the share of held-out examples that are classified rightly; the next row tells it."""
        inputs, labels = self._examples.held_out_inputs, self._examples.held_out_labels
        with self._answering():
            answers = torch.cat([self._model(part).argmax(dim=1) for part in inputs.split(AT_ONCE)])  # type: ignore[no-untyped-call]
        self._accuracy = float((answers == labels).double().mean())

    def boundary(self) -> bytes:
        """Return the probability of the second class over `PLANE`, uint8 (40, 40), rows from the top."""
        left, right, low, high = PLANE
        y, x = torch.meshgrid(
            torch.linspace(high, low, PLANE_SIDE), torch.linspace(left, right, PLANE_SIDE), indexing="ij"
        )
        with self._answering():
            share = F.softmax(self._model(torch.stack([x.ravel(), y.ravel()], dim=1)), dim=1)[:, 1]
        pixels: bytes = (share.nan_to_num(0.5) * 255).round().numpy().astype(np.uint8).tobytes()
        return pixels

    def _row(self, loss: float, norm: float, lr: float, seconds: float) -> tuple[float, ...]:
        row = (self.place, self.seed, self._step, loss, norm, lr, self._accuracy, seconds)
        self._step += 1
        self._accuracy = math.nan
        return row

    @contextmanager
    def _answering(self) -> Iterator[None]:
        self._model.eval()
        with torch.inference_mode():
            yield
        self._model.train()
