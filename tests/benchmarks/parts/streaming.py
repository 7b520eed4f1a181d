"""A race on a network with its events, pickled as a worker sends them, beside the same training without any."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import torch
from torch.nn import functional as F

from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.race import run_network_race
from core.optimization.network_race.racer import AT_ONCE, Start
from core.optimization.network_race.tasks import TASKS
from core.optimization.optimizers import OPTIMIZERS
from tests.benchmarks.harness import Row, in_fresh_process, paired, timed

PAIRS = 7
NAMES = ("sgd", "momentum", "adam")
RACE = NetworkRace(task="digits", optimizers=NAMES, steps=120, batch=64, fairness="same", rate=0.01)


def measure() -> Iterator[Row]:
    """Return how many times as long the race takes as the plain loops, in CPU time."""
    yield in_fresh_process(compare)


def compare() -> Row:
    """Return the row, measured in this process."""
    torch.set_num_threads(1)
    pairs = paired(timed(_loops), timed(_race), PAIRS, warm_up=1)
    return Row(
        topic="optimization",
        name="race_with_events",
        value=pairs.ratio,
        unit="ratio",
        versus="plain torch.optim loops on the same batches, tested as often",
        bound="<= 1.1",
        note=f"digits, {len(NAMES)} methods, {RACE.steps} steps; {pairs.describe()}",
    )


def _race() -> None:
    for event in run_network_race(RACE):
        pickle.dumps(event)


def _loops() -> None:
    start = Start(TASKS[RACE.task])
    examples = start.examples
    models = [start.network(0) for _ in NAMES]
    optimizers = [
        OPTIMIZERS[name].build(model.parameters(), {"lr": RACE.rate}) for name, model in zip(NAMES, models, strict=True)
    ]
    batches = [start.batches(RACE.batch, 0) for _ in NAMES]
    for step in range(RACE.steps + 1):
        for model, optimizer, own_batches in zip(models, optimizers, batches, strict=True):
            if step % RACE.evaluate_every == 0:
                _accuracy(model, examples.held_out_inputs, examples.held_out_labels)
            if step < RACE.steps:
                inputs, labels = next(own_batches)
                optimizer.zero_grad()
                loss = F.cross_entropy(model(inputs), labels)
                loss.backward()
                optimizer.step()
                loss.item()


def _accuracy(model: torch.nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> float:
    model.eval()
    with torch.inference_mode():
        answers = torch.cat([model(part).argmax(1) for part in inputs.split(AT_ONCE)])
    model.train()
    return float((answers == labels).double().mean())
