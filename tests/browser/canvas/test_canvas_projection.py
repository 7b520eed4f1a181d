"""The block is seen in parallel projection, whole from every side, and paths lie on its ground."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.optimization.surface_race.height_scale import height_scale
from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

PROJECTION = "surface_race/projection.js"
PROJECT = """(module, [azimuth, elevation, size, places]) => {
  const project = module.projection({ azimuth, elevation }, ...size);
  return places.map((place) => project(...place));
}"""
DRAPE = """(module, [box, ground, path]) => {
  const { places, counts } = module.drape(box, ground, path);
  return [Array.from(places), Array.from(counts)];
}"""
HEIGHTS = "(module) => [module.TALL, module.FOOT, module.LIFT]"
VIEWS = pytest.mark.parametrize(
    ("azimuth", "elevation"), [*itertools.product((0, 0.7, 2.4, -3, 40), (0.2, 0.9, 1.45)), (1, 0), (1, math.pi / 2)]
)
SIDE = 9


@VIEWS
def test_the_projection_turns_the_block_and_does_not_bend_it(
    modules: CanvasModules, azimuth: float, elevation: float
) -> None:
    places = [[0, 0, 0], *np.eye(3).tolist(), *np.random.default_rng(9).uniform(-0.5, 0.5, (20, 3)).tolist()]
    seen = np.array(modules.run(PROJECTION, PROJECT, [azimuth, elevation, [500, 400], places]))
    axes = (seen[1:4] - seen[0]).T  # on the screen y leads down
    scale = np.linalg.norm(axes[0])
    turn = axes / [[scale], [-scale], [1]]
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1)
    assert turn[:, 2] == pytest.approx([0, math.cos(elevation), math.sin(elevation)])
    assert turn[0, :2] == pytest.approx([math.cos(azimuth), -math.sin(azimuth)])
    found = np.linalg.solve(axes, (seen[4:] - seen[0]).T).T
    assert found == pytest.approx(np.array(places[4:]))


@VIEWS
@pytest.mark.parametrize("size", [[320, 300], [900, 300], [300, 900]])
def test_the_whole_block_is_in_view(modules: CanvasModules, azimuth: float, elevation: float, size: list[int]) -> None:
    tall, foot, _ = modules.run(PROJECTION, HEIGHTS)
    corners = list(itertools.product((-0.5, 0.5), (-0.5, 0.5), (-foot, tall)))
    x, y, _ = np.transpose(modules.run(PROJECTION, PROJECT, [azimuth, elevation, size, corners]))
    assert x.min() >= 46 - 1e-9
    assert x.max() <= size[0] - 22 + 1e-9
    assert y.min() >= 14 - 1e-9
    assert y.max() <= size[1] - 26 + 1e-9


def test_heights_stand_on_the_scale_of_the_server(modules: CanvasModules) -> None:
    heights = np.random.default_rng(10).exponential(5, (6, 6)) ** 3 - 2
    shown = height_scale(SimpleNamespace(heights=heights, lowest=-2.5))  # type: ignore[arg-type]
    scale = {"lowest": -2.5, "unit": shown.unit, "high": shown.high}
    found = each(modules, PROJECTION, "heightShare", [[scale, value] for value in heights.ravel().tolist()])
    assert found == pytest.approx(shown.shares.ravel())
    beyond = each(
        modules, PROJECTION, "heightShare", [[scale, value] for value in (-9, -2.5, heights.max() * 9, math.inf)]
    )
    assert beyond == [0, 0, 1, 1]


@pytest.mark.parametrize("side", [2, 9])
def test_the_ground_lies_between_its_grid_as_pytorch_has_it(modules: CanvasModules, side: int) -> None:
    heights = torch.rand(side, side, generator=torch.Generator().manual_seed(11), dtype=torch.float64)
    spots = np.random.default_rng(11).uniform(-0.7, 0.7, (60, 2))
    spots[:5] = [[-0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [0, 0], [0.5, -0.5]]
    places = torch.from_numpy(2 * spots)[None, None]
    expected = F.grid_sample(heights[None, None], places, "bilinear", "border", align_corners=True).flatten()
    ground = {"side": side, "heights": heights.flatten().tolist()}
    tall, *_ = modules.run(PROJECTION, HEIGHTS)
    found = each(modules, PROJECTION, "groundAt", [[ground, *spot] for spot in spots.tolist()])
    assert found == pytest.approx((tall * expected).numpy())


def test_places_of_the_box_reach_from_one_edge_of_the_block_to_the_other(modules: CanvasModules) -> None:
    box = [-2, 6, 10, 14]
    found = each(modules, PROJECTION, "toUnit", [[box, *place] for place in ((-2, 14), (6, 10), (2, 12), (10, 11))])
    assert found == [[-0.5, 0.5], [0.5, -0.5], [0, 0], [1, -0.25]]


def test_the_part_of_a_way_in_the_box_is_found(modules: CanvasModules) -> None:
    ends = np.random.default_rng(12).uniform(-1.2, 1.2, (120, 2, 2))
    ends[:6] = [
        [[0, 0], [0, 0]],
        [[0, -2], [0, 2]],
        [[0.6, -2], [0.6, 2]],
        [[-2, 0.1], [2, 0.1]],
        [[0.2, 0], [0.3, 0]],
        [[1, 1], [1, 1]],
    ]
    shares = np.linspace(0, 1, 4001)
    ways = ends[:, :1] + shares[:, None] * (ends[:, 1:] - ends[:, :1])
    inside = (np.abs(ways) <= 0.5).all(axis=2)
    found = each(modules, PROJECTION, "insidePart", ends.tolist())
    assert [part is not None for part in found] == inside.any(axis=1).tolist()
    for part, seen in zip(found, inside, strict=True):
        if part:
            assert part == pytest.approx((shares[seen][0], shares[seen][-1]), abs=3e-4)


def test_a_way_to_no_place_is_not_in_the_box(modules: CanvasModules) -> None:
    assert each(modules, PROJECTION, "insidePart", [[[0, 0], [math.nan, 0]], [[math.nan] * 2, [0, 0]]]) == [None, None]


def draped(modules: CanvasModules, path: list[tuple[float, float]]) -> tuple[list[np.ndarray], list[int], Any]:
    """Return the unbroken parts of a path on a slope, where each of its steps ends, and all its places."""
    heights = np.tile(np.linspace(0, 1, SIDE), (SIDE, 1)).ravel().tolist()
    flat = [number for x, y in path for number in (x, y, 99)]
    found, counts = modules.run(PROJECTION, DRAPE, [[0, 10, 0, 10], {"side": SIDE, "heights": heights}, flat])
    places = np.reshape(found, (-1, 3))
    breaks = np.flatnonzero(np.isnan(places[:, 0]))
    return [part[1:] for part in np.split(places, breaks) if len(part)], counts, places


def test_a_path_lies_on_the_ground_step_by_step(modules: CanvasModules) -> None:
    path = [(1, 1), (9, 1), (9, 1), (9, 8.5), (9.1, 8.6)]
    (way,), counts, places = draped(modules, path)
    tall, _, lift = modules.run(PROJECTION, HEIGHTS)
    assert way[:, 2] == pytest.approx(tall * (way[:, 0] + 0.5) + lift, abs=1e-6)
    assert np.abs(np.diff(way[:, :2], axis=0)).max() <= 2 / (SIDE - 1) + 1e-6
    assert counts[-1] == len(places)
    assert [places[count - 1, :2] for count in counts] == pytest.approx(np.array(path) / 10 - 0.5, abs=1e-6)


def test_a_path_is_broken_where_it_is_out_of_the_box(modules: CanvasModules) -> None:
    path = [(5, 5), (15, 5), (15, 20), (5, 15), (5, 5), (-5, 5), (math.nan, 5), (2, 2), (2, 3), (-20, 3), (20, 3)]
    ways, counts, places = draped(modules, path)
    ends = [(way[[0, -1], :2] + 0.5) * 10 for way in ways]
    expected = [[(5, 5), (10, 5)], [(5, 10), (0, 5)], [(2, 2), (0, 3)], [(0, 3), (10, 3)]]
    assert np.array(ends) == pytest.approx(np.array(expected), abs=1e-5)
    assert counts[1] == counts[2]
    assert np.diff(counts).min() >= 0
    assert np.nanmax(np.abs(places[:, :2])) <= 0.5 + 1e-6


def test_a_path_that_never_enters_the_box_has_no_places(modules: CanvasModules) -> None:
    ways, counts, _ = draped(modules, [(-1, 5), (-2, 20), (11, 30)])
    assert ways == []
    assert counts == [0, 0, 0]
    assert draped(modules, [])[1] == []
