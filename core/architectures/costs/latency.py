"""Measures the latency of a forward pass on this machine, backbone by backbone, as a stream of events.

Weights do not matter to time, so that networks are built without any: all zeros, which no processor finds harder or
easier than other numbers.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.architectures.zoo.backbones import BACKBONES
from core.compute import prepare
from core.events import Event

if TYPE_CHECKING:
    from torch import nn

SECONDS_EACH = 0.6  # about how long one network is timed
RUNS = range(3, 31)  # at least, and at most


@dataclass(frozen=True, kw_only=True)
class Timing(Event):
    """The median time of a forward pass of a backbone at its own input size, one picture, one thread."""

    name: str
    milliseconds: float


def time_backbones(names: tuple[str, ...]) -> Iterator[Timing]:
    """Yield the time of each backbone in turn. Raises `UserError` for an unknown one."""
    prepare()
    for step, name in enumerate(names, 1):
        yield Timing(step=step, total_steps=len(names), name=name, milliseconds=_milliseconds(name))


def _milliseconds(name: str) -> float:
    import torch

    from core.architectures.loading import skeleton

    entry = BACKBONES[name]
    model = _zeroed(skeleton(entry))
    picture = torch.zeros(1, 3, entry.input_size, entry.input_size)
    taken: list[float] = []
    with torch.inference_mode():
        model(picture)
        end = time.perf_counter() + SECONDS_EACH
        while len(taken) < RUNS.start or (time.perf_counter() < end and len(taken) < RUNS.stop):
            begin = time.perf_counter()
            model(picture)
            taken.append(time.perf_counter() - begin)
    return 1000 * statistics.median(taken)


def _zeroed(model: nn.Module) -> nn.Module:
    """Return a network of the meta device on the processor, all of its numbers zero."""
    model = model.to_empty(device="cpu")
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.zero_()
    return model.eval()
