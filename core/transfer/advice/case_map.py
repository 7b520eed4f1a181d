"""The map of the four cases: how clear the case is at each place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.transfer.advice.rules import BORDERS, RULES, Position, largeness, similarity

ACROSS = 61
UP = 41
FROM_EDGE = 0.07  # of the height: where the titles of the cases stand
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


@dataclass(frozen=True, eq=False)
class MapPlace:
    """Where a position lies on the map and where the borders are, as shares of its width and height, from below.

    `corners` has the title of each case with a place for it in its quadrant, near the edge.
    """

    x: float
    y: float
    border: float
    enough: float
    corners: tuple[tuple[str, float, float], ...]


def place_on_map(position: Position) -> MapPlace:
    """Return where a position lies on the map."""
    drawn = map_of(position)
    low, high = drawn.across[0], drawn.across[-1]
    border = (position.border - low) / (high - low)
    enough = _height(position.enough)
    corners = tuple(
        (
            rule.title,
            border / 2 if rule.is_similar else (1 + border) / 2,
            1 - FROM_EDGE if rule.is_large else FROM_EDGE,
        )
        for rule in RULES.values()
    )
    return MapPlace((position.value.value - low) / (high - low), _height(position.per_class), border, enough, corners)


def _height(per_class: float) -> float:
    share = math.log(per_class / LEAST_PICTURES) / math.log(MOST_PICTURES / LEAST_PICTURES)
    return min(1.0, max(0.0, share))


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
        shares.append(tuple(max(large, 1 - large) * max(likeness, 1 - likeness) for likeness in similar))
    return CaseMap(across, up, tuple(shares), {rule.name: rule.title for rule in RULES.values()})
