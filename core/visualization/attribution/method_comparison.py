"""Compares attribution methods by insertion and deletion, beside a random order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.encoding import csv_text
from core.events import Event
from core.visualization.attribution.base import AttributionRequest, Floats, Settings
from core.visualization.attribution.insertion_deletion import STEPS, InsertionDeletion, chance, insertion_deletion
from core.visualization.attribution.methods import METHODS, explain

CHANCE = "chance"
"""The name of the map of random cells among those that are compared."""
PICTURES = 2 * (STEPS + 1)
"""How many pictures it takes to judge one map."""


@dataclass(frozen=True, eq=False)
class MethodScore:
    """A method's name, its map for the class, and what that is worth; None where a flat map has no order."""

    method: str
    map: Floats
    judgement: InsertionDeletion | None


@dataclass(frozen=True, kw_only=True, eq=False)
class MethodComparison(Event):
    """The entrants that are judged so far, of all that will be; steps are about forward passes."""

    target: int
    entrants: tuple[MethodScore, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Return whether all are judged."""
        return self.step == self.total_steps

    @property
    def bytes(self) -> int:
        """Return how much memory the maps take."""
        return sum(entrant.map.nbytes for entrant in self.entrants)


def compare(
    request: AttributionRequest, methods: Sequence[str], settings: Settings | None = None, seed: int = 0
) -> Iterator[MethodComparison]:
    """Yield how the maps of `methods` for the first target do, one after the other, and last a map of chance.

    `settings` are values of settings of any of the methods, `seed` is that of chance. Raises what `explain` raises.
    """
    channels = _channels(request)
    costs = [METHODS[name].passes(channels, METHODS[name].values(settings)) + PICTURES for name in methods]
    total, target = sum(costs) + PICTURES, request.targets[0]
    entrants: tuple[MethodScore, ...] = ()
    before = 0
    for name, cost in zip([*methods, CHANCE], [*costs, PICTURES], strict=True):
        for done, entrant in _judged(request, name, settings, seed):
            if entrant is not None:
                entrants += (entrant,)
            step = before + (cost if entrant else min(cost - 1, int(cost * done)))
            yield MethodComparison(step=step, total_steps=total, target=target, entrants=entrants)
        before += cost


def table(comparison: MethodComparison) -> str:
    """Return the scores and the curves as CSV, one row a method, a share of the pixels in each column."""
    shares = next((entrant.judgement.shares for entrant in comparison.entrants if entrant.judgement), ())
    rows = []
    for entrant in comparison.entrants:
        if (found := entrant.judgement) is not None:
            rows.append([entrant.method, "insertion", found.insertion_score, *found.insertion.tolist()])
            rows.append([entrant.method, "deletion", found.deletion_score, *found.deletion.tolist()])
    return csv_text(["method", "curve", "area", *(f"{share:.4f}" for share in shares)], rows)


def _judged(
    request: AttributionRequest, name: str, settings: Settings | None, seed: int
) -> Iterator[tuple[float, MethodScore | None]]:
    """Yield the share of the work that is done, and at the end the entrant."""
    target = request.targets[0]
    found = chance(seed) if name == CHANCE else None
    if found is None:
        for evidence in explain(request, name, settings):
            yield (evidence.fraction or 0) / 2, None
        found = evidence.of(target)
    if not found.max() > found.min():
        yield 1.0, MethodScore(name, found, None)
        return
    for judgement in insertion_deletion(request, found, target):
        yield 0.5 + (judgement.fraction or 0) / 2, None
    yield 1.0, MethodScore(name, found, judgement)


def _channels(request: AttributionRequest) -> int:
    if request.activations is not None:
        return request.activations.shapes[request.layer][0]
    from core.architectures.graph.capture import layer_output

    return int(layer_output(request.layer, request.kept, request.backbone.graph.recipes).shape[request.channel_axis])
