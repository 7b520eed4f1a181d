"""Races on surfaces, and the experiments that begin with one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.compute import permit
from core.limits import RACES_BYTES
from pages.components.caches.shared import shared

if TYPE_CHECKING:
    from core.optimization.surface_race.experiments import Basins, Floors, Phases
    from core.optimization.surface_race.race import Race, Result

EXPERIMENTS_KEPT = 32  # of each kind, each at most 40 kB


def identity(race: Race) -> str:
    """Return a short text that differs wherever two races do."""
    return hashlib.sha256(repr(race).encode()).hexdigest()[:16]


@shared(identity, max_bytes=RACES_BYTES)
def held_race(race: Race) -> Result:
    """Return a race that was run; visitors with the same choices share it."""
    with permit():
        from core.optimization.surface_race.race import run_race

        return run_race(race)


@shared(lambda result, optimizer: (optimizer, identity(result.race)), entries=EXPERIMENTS_KEPT)
def phases(result: Result, optimizer: str) -> Phases:
    """Return the phase map of momentum or Nesterov on the surface of a race."""
    from core.optimization.surface_race import experiments

    with permit():
        return experiments.phases(result, optimizer)


@shared(lambda result, optimizer: (optimizer, identity(result.race)), entries=EXPERIMENTS_KEPT)
def basins(result: Result, optimizer: str) -> Basins:
    """Return which minimum each start leads to."""
    from core.optimization.surface_race import experiments

    with permit():
        return experiments.basins(result, optimizer)


@shared(lambda result: identity(result.race), entries=EXPERIMENTS_KEPT)
def floors(result: Result) -> Floors:
    """Return where each optimizer of a race ends under more and more noise."""
    from core.optimization.surface_race import experiments

    with permit():
        return experiments.floors(result)


@shared(lambda result: identity(result.race), entries=EXPERIMENTS_KEPT)
def changes_by_scale(result: Result) -> Mapping[str, float]:
    """Return how far each path moves when f is multiplied."""
    from core.optimization.surface_race import experiments

    with permit():
        return experiments.changes_by_scale(result)
