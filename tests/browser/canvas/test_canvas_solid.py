"""The block is closed, lit by its slope, inked by its height, and painted so that what is nearer hides the rest."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

MESH, AXES, RASTER = "surface_race/solid_mesh.js", "surface_race/solid_axes.js", "surface_race/rasterizer.js"
CORNERS = """async (module, [ground, azimuth, zoom]) => {
  const { TALL, FOOT } = await import('/surface_race/projection.js');
  const asItIs = (u, v, w) => [u, v, w];
  const corners = Array.from(module.cornersOf(ground, { azimuth, elevation: 1 }, asItIs, zoom));
  return [corners, module.trianglesOf(ground.side), TALL, FOOT, module.CORNER];
}"""
PAINT = """(module, { width, height, corners, triangles, inks, isDark }) => {
  const depths = new Float32Array(width * height).fill(-Infinity);
  const pixels = new Uint8ClampedArray(4 * width * height);
  const [text, back] = isDark ? [[250, 240, 230], [10, 20, 30]] : [[10, 20, 30], [250, 240, 230]];
  const raster = { width, height, pixels, depths, inks: new Float32Array(inks), text, back, isDark };
  const flat = new Float32Array(corners.flat());
  for (const [a, b, d] of triangles) module.paintTriangle(raster, flat, 5 * a, 5 * b, 5 * d);
  return [Array.from(pixels), Array.from(depths)];
}"""
INKS = [1.0, *[0.0] * 512, *[1.0] * 512]  # walls and the upper half of the heights have ink
INK, PAPER = (10, 20, 30, 255), (250, 240, 230, 255)
SIDE = 6
RANDOM = np.random.default_rng(13)
HEIGHTS = RANDOM.random((SIDE, SIDE)).astype(np.float32)
GROUND = {"side": SIDE, "heights": HEIGHTS.ravel().tolist()}
Corner = tuple[float, float, float, float, float]


def test_heights_are_labelled_at_both_ends_and_at_powers_of_ten(modules: CanvasModules) -> None:
    first, second, *powers = modules.call(AXES, "heightTicks", 1234)
    assert (first, second) == (1234, 0)
    assert powers == pytest.approx([float(f"1e{power}") for power in range(3, -20, -1)], rel=1e-14)
    assert modules.call(AXES, "heightTicks", 10)[2] == 1
    assert modules.call(AXES, "heightTicks", 1e-30) == [1e-30, 0]


def test_ink_changes_where_the_bands_of_the_map_do(modules: CanvasModules) -> None:
    edges = [-1, -0.5, 0, 3, 3, 40, 999]
    head: dict[str, Any] = {"edges": edges, "bands": 6, "lowest": -1.0, "unit": 0.3, "high": 1000.0}
    walls, *inks = modules.call(MESH, "inksOf", head)
    values = -1 + 0.3 * np.expm1(np.linspace(0, np.log1p(1000 / 0.3), 1024))
    bands = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, 5)
    by_band = each(modules, "surface_race/flat_places.js", "bandInk", [[band, 6] for band in range(6)])
    assert inks == pytest.approx(np.array(by_band)[bands])
    assert walls == pytest.approx(0.1)
    assert len({*inks}) == 5


def lights(modules: CanvasModules, heights: np.ndarray, azimuth: float) -> np.ndarray:
    """Return how light each place is."""
    ground = {"side": len(heights), "heights": heights.ravel().tolist()}
    places = [[ground, azimuth, i, j] for j in range(len(heights)) for i in range(len(heights))]
    return np.reshape(each(modules, MESH, "lightAt", places), heights.shape)


@pytest.mark.parametrize("azimuth", [0, 0.8, -2.5, 9])
def test_ground_is_as_light_as_it_faces_the_lamp(modules: CanvasModules, azimuth: float) -> None:
    tall = modules.run("surface_race/projection.js", "(module) => module.TALL")
    dv, du = np.gradient(HEIGHTS.astype(float) * tall, 1 / (SIDE - 1))
    normals = np.stack([-du, -dv, np.ones_like(du)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    lamp = [0.55 * math.cos(2.2 - azimuth), 0.55 * math.sin(2.2 - azimuth), 0.83]
    expected = np.maximum(normals @ lamp, 0)
    found = lights(modules, HEIGHTS, azimuth)
    assert found == pytest.approx(expected)
    assert 0 <= found.min() < found.max() <= 1


def test_the_lamp_turns_with_who_looks(modules: CanvasModules) -> None:
    turned = np.rot90(HEIGHTS)  # v leads up the rows: what led along u leads against v
    assert lights(modules, turned, 0.4 + math.pi / 2) == pytest.approx(np.rot90(lights(modules, HEIGHTS, 0.4)))


def test_level_ground_and_the_edge_of_a_hole_have_a_light_of_their_own(modules: CanvasModules) -> None:
    assert lights(modules, np.full((3, 3), 0.7), 1.0) == pytest.approx(0.83)
    holed = HEIGHTS.copy()
    holed[2, 2] = math.nan
    found = lights(modules, holed, 1.0)
    beside = [(1, 2), (3, 2), (2, 1), (2, 3)]
    assert [found[place] for place in beside] == [0.8] * 4
    others = np.ones((SIDE, SIDE), bool)
    others[tuple(np.transpose([*beside, (2, 2)]))] = False
    assert found[others] == pytest.approx(lights(modules, HEIGHTS, 1.0)[others])


@pytest.mark.parametrize("zoom", [1, 2.5])
def test_corners_are_the_places_of_the_ground_and_of_four_walls(modules: CanvasModules, zoom: float) -> None:
    flat, _, tall, foot, numbers = modules.run(MESH, CORNERS, [GROUND, 0.4, zoom])
    corners = np.reshape(flat, (-1, numbers))
    ground, walls = np.split(corners, [SIDE**2])
    v, u = np.meshgrid(*[np.linspace(-0.5, 0.5, SIDE) * zoom] * 2, indexing="ij")
    light = lights(modules, HEIGHTS, 0.4)
    columns = (u, v, HEIGHTS * tall, HEIGHTS, light)
    assert ground == pytest.approx(np.stack(columns, axis=-1).reshape(-1, 5), abs=1e-6)
    assert len(walls) == 8 * SIDE
    assert (walls[:, 3] == -1).all()
    upper, lower = walls[::2], walls[1::2]
    assert (lower[:, 2] == np.float32(-foot)).all()
    assert np.array_equal(upper[:, :2], lower[:, :2])
    places = {(x, y): z for x, y, z, *_ in ground.tolist()}
    assert [places[x, y] for x, y, *_ in upper.tolist()] == upper[:, 2].tolist()
    assert (np.abs(upper[:, :2]).max(axis=1) == zoom / 2).all()
    lit = walls[:, 4].reshape(4, -1)
    assert np.ptp(lit, axis=1).max() == 0
    assert lit[0, 0] + lit[1, 0] == pytest.approx(lit[2, 0] + lit[3, 0]) == pytest.approx(1.24)


def test_triangles_leave_no_hole_but_at_the_foot(modules: CanvasModules) -> None:
    flat, triangles, _, foot, numbers = modules.run(MESH, CORNERS, [GROUND, 0.4, 1])
    places = [tuple(place) for place in np.reshape(flat, (-1, numbers))[:, :3].tolist()]
    assert len(triangles) == 3 * (2 * (SIDE - 1) ** 2 + 8 * (SIDE - 1))
    sides: Counter[frozenset[tuple[float, ...]]] = Counter()
    for a, b, d in np.reshape(triangles, (-1, 3)).tolist():
        sides.update(frozenset((places[one], places[other])) for one, other in ((a, b), (b, d), (d, a)))
    open_sides = [ends for ends, count in sides.items() if count == 1]
    assert set(sides.values()) == {1, 2}
    assert len(open_sides) == 4 * (SIDE - 1)
    assert all(place[2] == np.float32(-foot) for ends in open_sides for place in ends)


def painted(
    modules: CanvasModules, corners: list[Corner], triangles: list[tuple[int, int, int]], **other: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return colours (12, 16, 4) and depths (12, 16) of triangles painted in their order."""
    value = {"width": 16, "height": 12, "corners": corners, "triangles": triangles, "inks": INKS, "isDark": False}
    pixels, depths = modules.run(RASTER, PAINT, {**value, **other})
    return np.reshape(pixels, (12, 16, 4)), np.reshape(depths, (12, 16))


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_a_triangle_covers_the_middles_of_its_pixels_with_its_depth(
    modules: CanvasModules, order: tuple[int, int, int]
) -> None:
    grid = np.stack(np.meshgrid(np.arange(16) + 0.5, np.arange(12) + 0.5), axis=-1)
    for _ in range(8):
        plane = RANDOM.uniform([-5, -5, -1], [21, 17, 1], (3, 3))
        corners = [(*place, 0.0, 1.0) for place in plane.tolist()]
        pixels, depths = painted(modules, corners, [order])
        expected = LinearNDInterpolator(plane[:, :2], plane[:, 2], fill_value=-np.inf)(grid)
        assert depths == pytest.approx(expected, abs=1e-4)
        assert np.array_equal(pixels[..., 3] == 255, np.isfinite(expected))


NEAR: list[Corner] = [(0, 0, 1, 1, 1), (16, 0, 1, 1, 1), (0, 12, 1, 1, 1)]
FAR: list[Corner] = [(16, 12, 0, 0, 1), (-16, 12, 0, 0, 1), (16, -12, 0, 0, 1)]


@pytest.mark.parametrize("triangles", [[(0, 1, 2), (3, 4, 5)], [(3, 4, 5), (0, 1, 2)]])
def test_what_is_nearer_hides_what_is_farther(modules: CanvasModules, triangles: list[tuple[int, int, int]]) -> None:
    pixels, depths = painted(modules, [*NEAR, *FAR], triangles)
    assert (pixels[depths == 1] == INK).all()
    assert (pixels[depths == 0] == PAPER).all()
    assert (depths[0, :15] == 1).all()
    assert (depths[11, 1:] == 0).all()


def test_two_triangles_of_a_square_leave_no_gap_between_them(modules: CanvasModules) -> None:
    for turn in RANDOM.uniform(0, 1, 6):
        x, y = 9 * np.cos(2 * np.pi * (turn + np.arange(4) / 4)), 9 * np.sin(2 * np.pi * (turn + np.arange(4) / 4))
        corners = [(8 + a, 6 + b, 0.0, 0.0, 1.0) for a, b in zip(x, y, strict=True)]
        _, depths = painted(modules, corners, [(0, 1, 2), (0, 2, 3)])
        rows = [np.flatnonzero(np.isfinite(row)) for row in depths]
        assert all(len(row) == row[-1] - row[0] + 1 for row in rows if len(row))
        assert sum(map(len, rows)) > 100


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0, 0, 0, 1), (5, 5, 0, 0, 1), (10, 10, 0, 0, 1)],
        [(0, 0, 0, 0, 1), (math.nan, 5, 0, 0, 1), (10, 0, 0, 0, 1)],
        [(20, 0, 0, 0, 1), (30, 0, 0, 0, 1), (20, 12, 0, 0, 1)],
        [(-9, -9, 0, 0, 1), (-1, -9, 0, 0, 1), (-9, -1, 0, 0, 1)],
        [(3.6, 3.6, 0, 0, 1), (4.4, 3.6, 0, 0, 1), (3.6, 4.4, 0, 0, 1)],
    ],
    ids=["from its edge", "a hole", "to the right", "above", "between pixels"],
)
def test_what_covers_no_pixel_paints_none(modules: CanvasModules, corners: list[Corner]) -> None:
    pixels, depths = painted(modules, corners, [(0, 1, 2)])
    assert not pixels.any()
    assert (depths == -np.inf).all()


def test_ink_follows_the_height_and_walls_have_their_own(modules: CanvasModules) -> None:
    whole = [(-16.0, 0.0), (32.0, 0.0), (8.0, 48.0)]
    for levels, expected in (((0, 0, 0), PAPER), ((1, 1, 1), INK), ((-1, -1, -1), INK)):
        corners = [(*place, 0.0, float(level), 1.0) for place, level in zip(whole, levels, strict=True)]
        pixels, _ = painted(modules, corners, [(0, 1, 2)])
        assert (pixels == expected).all()
    slope = [(0.0, 0.0, 0.0, 0.0, 1.0), (16.0, 0.0, 0.0, 1.0, 1.0), (0.0, 48.0, 0.0, 0.0, 1.0)]
    pixels, _ = painted(modules, slope, [(0, 1, 2)])
    assert (pixels[0, :8] == PAPER).all()
    assert (pixels[0, 8:15] == INK).all()


def test_the_lowest_ground_is_no_wall_where_numbers_are_rounded(modules: CanvasModules) -> None:
    corners = [(0, 2e-7, 0, 0, 1), (4, 4 + 4.8e-7, 0, 0, 1), (0, 4, 0, 1, 1)]
    inks = [1.0, *[0.0] * 1024]
    pixels, _ = painted(modules, corners, [(0, 1, 2)], inks=inks)
    assert not (pixels == INK).all(axis=-1).any()


def test_on_dark_paper_light_is_ink(modules: CanvasModules) -> None:
    lit = [(-16.0, 0.0, 0.0, 0.0, 0.0), (32.0, 0.0, 0.0, 0.0, 0.0), (8.0, 48.0, 0.0, 0.0, 0.0)]
    (dark, _), (bright, _) = (
        painted(modules, [(*corner[:4], light) for corner in lit], [(0, 1, 2)], isDark=True) for light in (0.0, 1.0)
    )
    assert (dark[..., :3] == (10, 20, 30)).all()
    assert (bright[..., :3] == (82, 86, 90)).all()
