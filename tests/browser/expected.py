"""What core computes: the truth that the screen is compared with."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from core.architectures.loading import Backbone, load
from core.datasets.sample_images import sample
from core.visualization.activations.activation_capture import Activations, Maps, capture
from core.visualization.activations.grid import Grid, quantise
from core.visualization.colormaps import palette
from tests.browser.visitor import Spot

# Weights and seed are always named, so that the tests hold whatever weights are shipped one day.
UNTRAINED = {"weights": "untrained", "seed": 0}


@functools.cache
def backbone(name: str = "tiny_resnet", seed: int = 0) -> Backbone:
    """Return a backbone with untrained weights."""
    return load(name, "untrained", seed)


@functools.lru_cache(maxsize=8)
def activations(name: str = "tiny_resnet", seed: int = 0, picture: str = "chelsea", fit: str = "crop") -> Activations:
    """Return what every layer computes from a sample picture."""
    return capture(backbone(name, seed), sample(picture), fit)


def maps(layer: str, name: str = "tiny_resnet", seed: int = 0, picture: str = "chelsea", fit: str = "crop") -> Maps:
    """Return the maps of a layer."""
    return activations(name, seed, picture, fit).maps(layer)


def assert_values(spots: Sequence[Spot], values: Maps, grid: Grid) -> None:
    """Check that what is read at each place is the value of that channel there, as exactly as it was transmitted."""
    coded = quantise(grid)
    places = {int(channel): index for index, channel in enumerate(grid.channels)}
    for spot in spots:
        if spot.row is None or spot.column is None:
            assert not values[spot.channel].any(), f"channel {spot.channel} is called dead, and is not"
            continue
        true = float(values[spot.channel, spot.row, spot.column])
        step = float(coded.end[places[spot.channel]] - coded.start[places[spot.channel]]) / coded.levels
        assert abs(spot.value - true) <= 0.5 * step + 0.0051 * abs(true) + 1e-9, f"{spot} should read {true}"
        low, high = grid.range_of(spot.channel)
        assert np.allclose([spot.low, spot.high], [low, high], rtol=0.0051), f"{spot} is coloured on {low} to {high}"


def assert_colours(spots: Sequence[Spot], values: Maps, grid: Grid) -> None:
    """Check that each place has the colour of its value on the range of its channel, up to the transmission's step."""
    coded, colours = quantise(grid), palette(grid.signed).astype(int)
    places = {int(channel): index for index, channel in enumerate(grid.channels)}
    for spot in spots:
        low, high = grid.range_of(spot.channel)
        step = float(coded.end[places[spot.channel]] - coded.start[places[spot.channel]]) / coded.levels
        true = float(values[spot.channel, spot.row, spot.column])
        span = high - low
        indices = [np.clip(round((true + shift - low) / span * 255), 0, 255) for shift in (-step, 0.0, step)]
        fitting = colours[int(min(indices)) : int(max(indices)) + 1]
        assert any((fitting == spot.colour).all(axis=1)), f"{spot} should be {fitting.tolist()}"
