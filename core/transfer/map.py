"""The map of the four cases: how clear the case is at each place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.transfer.advice import BORDERS, RULES, Position, largeness, similarity

ACROSS = 61
UP = 41
RANGES = {"distance": (0.0, 1.2), "entropy": (0.2, 1.0)}
MOST_PICTURES, LEAST_PICTURES = 2000.0, 2.0


@dataclass(frozen=True, eq=False)
class CaseMap:
    """The largest share of any case at each place, `shares` [up][across], and the titles of the rules by their names.

    `across` are values of the position's measure, rising, `up` pictures of each class, by equal ratios.
    """

    across: tuple[float, ...]
    up: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    titles: Mapping[str, str]


def map_of(position: Position) -> CaseMap:
    """Return the map for a position's measure and border."""
    low, high = RANGES[position.measure]
    high = max(high, 1.1 * position.value.value)
    across = tuple(low + (high - low) * at / (ACROSS - 1) for at in range(ACROSS))
    up = tuple(LEAST_PICTURES * (MOST_PICTURES / LEAST_PICTURES) ** (at / (UP - 1)) for at in range(UP))
    border, softness = BORDERS[position.measure]
    similar = [similarity(value, border, softness) for value in across]
    shares = []
    for count in up:
        large = largeness(count, position.enough)
        shares.append(tuple(max(large, 1 - large) * max(one, 1 - one) for one in similar))
    return CaseMap(across, up, tuple(shares), {rule.name: rule.title for rule in RULES.values()})
