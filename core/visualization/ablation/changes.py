"""The effect of an ablation: class probabilities before and after, and the most important channels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoding import csv_text
from core.settings import LONGEST_NAME
from core.visualization.predictions import Prediction, top_classes

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class ClassChange:
    """A class before and after channels were silenced; its ranks among all classes count from 1."""

    before: Prediction
    after: Prediction
    rank_before: int
    rank_after: int

    @property
    def index(self) -> int:
        """Return the place of the class among the outputs."""
        return self.before.index

    @property
    def label(self) -> str:
        """Return the name of the class."""
        return self.before.label

    @property
    def logit_change(self) -> float:
        """Return by how much the logit has grown."""
        return self.after.logit - self.before.logit


@dataclass(frozen=True)
class ChannelChange:
    """By how much a class's logit grows when `channel` alone is silenced."""

    channel: int
    change: float


@dataclass(frozen=True)
class Ranking:
    """The channels that matter most for a class, the strongest first.

    Without a `supporting` one the class's logit falls, without an `opposing` one it grows.
    """

    supporting: tuple[ChannelChange, ...]
    opposing: tuple[ChannelChange, ...]

    @property
    def reach(self) -> float:
        """Return the largest change of all, without its sign."""
        return max((abs(each.change) for each in self.supporting + self.opposing), default=0.0)

    def share(self, each: ChannelChange) -> float:
        """Return how large a change is beside the largest, in [0, 1]."""
        return abs(each.change) / self.reach if self.reach else 0.0


@dataclass(frozen=True)
class Sharing:
    """By how much a class's logit grows when channels are silenced `together`, and the sum of what each does `alone`.

    The two differ where channels stand in for one another, or work only together.
    """

    alone: float
    together: float


@dataclass(frozen=True)
class Contributions:
    """What `channel` does for the classes: which logits fall most without it, and which grow most."""

    channel: int
    losing: tuple[ClassChange, ...]
    gaining: tuple[ClassChange, ...]


def class_changes(
    before: Logits, after: Logits, labels: Sequence[str], count: int = 5, also: int | None = None
) -> tuple[ClassChange, ...]:
    """Return the `count` classes most probable before, then those that have come among them, then the class `also`.

    Logits have the shape (classes,).
    """
    then, now = (top_classes(logits, labels, len(labels)) for logits in (before, after))
    order = dict.fromkeys(prediction.index for prediction in (*then[:count], *now[:count]))
    return _changes(then, now, [*order, *([also] if also is not None and also not in order else [])])


def contribution_of(
    before: Logits, after: Logits, labels: Sequence[str], channel: int, count: int = 5
) -> Contributions:
    """Return what a channel does for the classes; `after` are the logits, (classes,), with that channel silenced."""
    then, now = (top_classes(logits, labels, len(labels)) for logits in (before, after))
    change = after - before
    order = np.argsort(change, kind="stable")
    losing = [int(index) for index in order[:count] if change[index] < 0]
    gaining = [int(index) for index in order[::-1][:count] if change[index] > 0]
    return Contributions(channel, _changes(then, now, losing), _changes(then, now, gaining))


def ranking(channels: NDArray[np.intp], changes: Logits, class_index: int, count: int = 8) -> Ranking:
    """Return the channels that matter most for a class; `changes` are (channels, classes), as `collected` has them."""
    found = [
        ChannelChange(int(channel), float(change))
        for channel, change in zip(channels, changes[:, class_index], strict=True)
    ]
    found.sort(key=lambda each: each.change)
    supporting = tuple(each for each in found[:count] if each.change < 0)
    opposing = tuple(each for each in found[::-1][:count] if each.change > 0)
    return Ranking(supporting, opposing)


def sharing(changes: Logits, before: Logits, after: Logits, silenced: Sequence[int], class_index: int) -> Sharing:
    """Return what channels silenced together do to a class; `changes` are those of all channels, each alone."""
    alone = float(changes[list(silenced), class_index].sum(dtype=np.float64))
    return Sharing(alone, float(after[class_index] - before[class_index]))


def read_channels(text: str, count: int) -> tuple[int, ...]:
    """Return the channels, ascending, that a text such as "3-17,25" names, without those of `count` there are not."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal() and len(part) < 20:
            found.update(range(int(first), min(int(last or first), count - 1) + 1))
    return tuple(sorted(channel for channel in found if channel < count))


def write_channels(channels: Iterable[int]) -> str:
    """Return the text that names channels, ranges in short: "3-17,25"."""
    runs: list[tuple[int, int]] = []
    for channel in sorted(set(channels)):
        if runs and runs[-1][1] == channel - 1:
            runs[-1] = (runs[-1][0], channel)
        else:
            runs.append((channel, channel))
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def fits_a_link(text: str) -> bool:
    """Return whether a link can hold a text of channels."""
    return len(text) <= LONGEST_NAME


def logits_table(before: Logits, after: Logits, labels: Sequence[str]) -> str:
    """Return all classes before and after as CSV, the most probable first."""
    lines = [
        (each.index, each.label, each.before.logit, each.after.logit, each.before.probability, each.after.probability)
        for each in class_changes(before, after, labels, len(labels))
    ]
    return csv_text(("class", "label", "logit", "logit_silenced", "probability", "probability_silenced"), lines)


def importance_table(channels: NDArray[np.intp], changes: Logits, labels: Sequence[str]) -> str:
    """Return the change of each logit by silenced channel as CSV, one line a channel."""
    lines = ((int(channel), *map(_short, row)) for channel, row in zip(channels, changes, strict=True))
    return csv_text(("silenced_channel", *labels), lines)


def _short(value: np.float32) -> str:
    return f"{value:.6g}"


def _changes(then: Sequence[Prediction], now: Sequence[Prediction], wanted: Iterable[int]) -> tuple[ClassChange, ...]:
    before = {prediction.index: (prediction, rank) for rank, prediction in enumerate(then, 1)}
    after = {prediction.index: (prediction, rank) for rank, prediction in enumerate(now, 1)}
    return tuple(ClassChange(before[index][0], after[index][0], before[index][1], after[index][1]) for index in wanted)
