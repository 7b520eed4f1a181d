"""What is drawn at a place is what a pointer finds there, and nothing is found beside it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.architectures.receptive_field.fields import AxisField, Box, fields_of
from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

GRID, MATRIX, BOXES = "map_grid/arrangement.js", "weight_matrix/arrangement.js", "receptive_field/boxes.js"
POINTER, FLAT, SQUARE = "shared/pointer.js", "surface_race/flat_places.js", "occluder/square.js"
SPOTS = """(module, [width, page, shares]) => {
  const view = module.arrange(width, page);
  return Array.from({ length: page.n }, (_, k) => module.placeOf(view, k)).flatMap(([left, top]) =>
    shares.map(([y, x]) => module.spotAt(view, page, left + x * view.cell, top + y * view.tall)));
}"""
BESIDE = """(module, [width, page]) => {
  const view = module.arrange(width, page);
  const [left, top] = module.placeOf(view, 0);
  const [last, low] = module.placeOf(view, page.n - 1);
  const at = (x, y) => module.spotAt(view, page, x, y);
  return {
    between: [at(left + view.cell + 1, top), at(left, top + view.tall + 1)],
    outside: [at(-1, top), at(left, -1), at(view.columns * (view.cell + 3), top), at(left, low + view.step)],
    behind: at(last + view.cell + 4, low),
    last: at(last, low).k,
  };
}"""
Pair = tuple[int, int]


@pytest.mark.parametrize(
    ("width", "page"),
    [
        (700, {"n": 64, "h": 5, "w": 7}),
        (320, {"n": 1, "h": 1, "w": 1}),
        (701.5, {"n": 10, "h": 3, "w": 2, "smallest": 26, "largest": 76, "height": 230}),
        (30, {"n": 3, "h": 2, "w": 2}),
    ],
)
def test_a_point_in_a_pixel_of_a_map_finds_it(modules: CanvasModules, width: float, page: dict[str, Any]) -> None:
    pixels = list(itertools.product(range(page["h"]), range(page["w"])))
    shares = [[(y + at) / page["h"], (x + at) / page["w"]] for y, x in pixels for at in (0.02, 0.5, 0.98)]
    found = modules.run(GRID, SPOTS, [width, page, shares])
    expected = [(k, y, x) for k in range(page["n"]) for y, x in pixels for _ in range(3)]
    assert [(spot["k"], spot["y"], spot["x"]) for spot in found] == expected


@pytest.mark.parametrize("width", [320, 700, 1500])
def test_a_point_between_two_maps_hits_none(modules: CanvasModules, width: int) -> None:
    found = modules.run(GRID, BESIDE, [width, {"n": 23, "h": 4, "w": 4}])
    assert found == {"between": [None] * 2, "outside": [None] * 4, "behind": None, "last": 22}


@pytest.mark.parametrize(("width", "rows", "columns"), [(600, 3, 4), (600, 512, 2048), (300, 1, 1)])
def test_a_point_in_a_cell_of_a_matrix_finds_it(modules: CanvasModules, width: int, rows: int, columns: int) -> None:
    matrix = {"rows": rows, "columns": columns}
    view, label = modules.run(
        MATRIX, "(module, [width, matrix]) => [module.arrange(width, matrix), module.LABEL]", [width, matrix]
    )
    cells = [(row, column) for row in {0, rows // 2, rows - 1} for column in {0, columns // 3, columns - 1}]
    middles = [[view, matrix, label + (x + 0.5) * view["wide"], (y + 0.5) * view["tall"]] for y, x in cells]
    found = each(modules, MATRIX, "cellAt", middles)
    assert [(cell["k"], cell["column"]) for cell in found] == cells
    right, bottom = label + columns * view["wide"], rows * view["tall"]
    beside = [(label - 0.1, 0), (right + 0.1, 0), (label + 0.1, -0.1), (label + 0.1, bottom + 0.1)]
    assert each(modules, MATRIX, "cellAt", [[view, matrix, *point] for point in beside]) == [None] * 4


@pytest.mark.parametrize(("h", "w"), [(1, 1), (3, 5), (5, 3), (7, 7)])
def test_a_cell_of_a_map_on_a_square_canvas_is_found(modules: CanvasModules, h: int, w: int) -> None:
    own, side = {"h": h, "w": w}, 210
    place = modules.call(BOXES, "placeOfMap", own, side)
    scale, left, top = place["scale"], place["left"], place["top"]
    assert scale * max(h, w) == side
    assert (left, top) == pytest.approx(((side - w * scale) / 2, (side - h * scale) / 2))
    cells = list(itertools.product(range(h), range(w)))
    points = [[own, side, left + (x + at) * scale, top + (y + at) * scale] for y, x in cells for at in (0.01, 0.99)]
    found = each(modules, BOXES, "cellAt", points)
    assert [(cell["row"], cell["column"]) for cell in found] == [cell for cell in cells for _ in range(2)]
    beside = [
        (left - 0.1, side / 2),
        (side - left + 0.1, side / 2),
        (side / 2, top - 0.1),
        (side / 2, side - top + 0.1),
    ]
    assert each(modules, BOXES, "cellAt", [[own, side, *point] for point in beside]) == [None] * 4


@pytest.mark.parametrize(("pixels", "margin"), [(1, 0), (4, 0), (6, 2)])
def test_a_pixel_of_a_picture_is_found_and_none_on_its_margin(modules: CanvasModules, pixels: int, margin: int) -> None:
    shown, scale = pixels + 2 * margin, 7.5
    cells = list(itertools.product(range(shown), repeat=2))
    points = [
        [{"pixels": pixels, "margin": margin}, shown * scale, (x + 0.5) * scale, (y + 0.5) * scale] for y, x in cells
    ]
    inside = range(margin, margin + pixels)
    expected = [{"row": y - margin, "column": x - margin} if y in inside and x in inside else None for y, x in cells]
    assert each(modules, BOXES, "pixelAt", points) == expected


def axis_of(field: AxisField) -> dict[str, Any]:
    """Return a field as its component has it."""
    numbers = {"size": field.size, "stride": field.stride, "padding": field.padding, "whole": field.is_whole}
    return {**numbers, "firsts": field.firsts, "lasts": field.lasts}


def corners(box: Box | None) -> list[int] | None:
    return box and [box.top, box.left, box.bottom, box.right]


@pytest.mark.parametrize(
    "last",
    [nn.Conv2d(4, 4, (5, 3), stride=(2, 1), padding=(4, 6), dilation=2), nn.AdaptiveAvgPool2d((3, 4)), nn.Identity()],
    ids=repr,
)
def test_boxes_of_a_cell_are_those_of_its_field(modules: CanvasModules, last: nn.Module) -> None:
    torch.manual_seed(0)
    fields = fields_of(nn.Sequential(nn.Conv2d(3, 4, 3, padding=3), last), (14, 11))
    field = list(fields.values())[-1]
    assert field is not None
    cells = list(itertools.product(*map(range, field.cells)))
    axes = [axis_of(field.height), axis_of(field.width)]
    found = each(modules, BOXES, "boxesOf", [[axes, {"row": row, "column": column}] for row, column in cells])
    assert [boxes["full"] for boxes in found] == [corners(field.box(*cell)) for cell in cells]
    assert [boxes["inside"] for boxes in found] == [corners(field.clipped(*cell)) for cell in cells]


def test_a_cell_under_a_pointer_is_found_and_the_nearest_one_from_outside(modules: CanvasModules) -> None:
    box = {"left": 100, "top": 50, "width": 60, "height": 30}
    cells = list(itertools.product(range(3), range(4)))
    points = [{"clientX": 100 + 15 * (x + 0.5), "clientY": 50 + 10 * (y + 0.5)} for y, x in cells]
    assert each(modules, POINTER, "cellUnder", [[box, point, 3, 4] for point in points]) == [
        list(cell) for cell in cells
    ]
    outside = [{"clientX": x, "clientY": y} for y in (0, 65, 80, 99) for x in (0, 130, 160, 999)]
    expected = [[row, column] for row in (0, 1, 2, 2) for column in (0, 2, 3, 3)]
    assert each(modules, POINTER, "cellUnder", [[box, point, 3, 4] for point in outside]) == expected


def test_arrow_keys_lead_to_the_neighbours(modules: CanvasModules) -> None:
    keys = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", ""]
    assert each(modules, POINTER, "gridStep", [[key, 7] for key in keys]) == [-7, 7, -1, 1, 0, 0]


@pytest.mark.parametrize(("top", "height", "expected"), [(20, 30, 20), (60, 30, 50), (190, 30, 120), (50, 100, 50)])
def test_a_box_scrolls_no_further_than_needed(modules: CanvasModules, top: int, height: int, expected: int) -> None:
    code = """(module, [top, height]) => {
      const box = { scrollTop: 50, clientHeight: 100 };
      module.scrollTo(box, top, height);
      return box.scrollTop;
    }"""
    assert modules.run(POINTER, code, [top, height]) == expected


@pytest.mark.parametrize(("module", "name"), [(FLAT, "toPixels"), ("line_chart/boundary_colours.js", "planePlace")])
def test_corners_of_a_plane_are_corners_of_its_map(modules: CanvasModules, module: str, name: str) -> None:
    limits, size = [-2, 6, 10, 14], {"width": 400, "height": 100}
    places = [(-2, 14), (6, 10), (2, 12), (-3, 9)]
    found = each(modules, module, name, [[limits, size, *place] for place in places])
    assert found == [[0, 0], [400, 100], [200, 50], [-50, 125]]


def test_a_place_under_the_pointer_is_the_one_drawn_there(modules: CanvasModules) -> None:
    limits, size = [-2, 6, 10, 14], {"width": 400, "height": 100}
    places = np.random.default_rng(7).uniform([-2, 10], [6, 14], (50, 2)).tolist()
    pixels = each(modules, FLAT, "toPixels", [[limits, size, *place] for place in places])
    box = {"left": 30, "top": -20, **size}
    found = each(
        modules, FLAT, "placeUnder", [[limits, box, {"clientX": 30 + x, "clientY": y - 20}] for x, y in pixels]
    )
    assert np.array(found) == pytest.approx(np.array(places))
    beside = modules.call(FLAT, "placeUnder", limits, box, {"clientX": 0, "clientY": 1000})
    assert beside == [-2, 10]


def wished(smallest: int, largest: int, pixels: int, wish: list[float]) -> list[int]:
    """Return the square nearest to a wish, of all there are."""
    side = min(range(smallest, largest + 1), key=lambda size: abs(size - wish[2]))
    return [*(min(range(pixels - side + 1), key=lambda at: abs(at - place)) for place in wish[:2]), side]


def test_a_square_is_fitted_to_the_nearest_that_there_is(modules: CanvasModules) -> None:
    wishes = np.random.default_rng(8).uniform([-20, -20, -5], [50, 50, 50], (100, 3)).tolist()
    limits = {"pixels": 32, "smallest": 4, "largest": 16}
    found = each(modules, SQUARE, "fitted", [[limits, wish] for wish in wishes])
    assert found == [wished(4, 16, 32, wish) for wish in wishes]
    assert modules.call(SQUARE, "fitted", {"pixels": 8, "smallest": 8, "largest": 8}, [3, -1, 2]) == [0, 0, 8]


def test_a_square_follows_the_pointer_or_grows_with_it(modules: CanvasModules) -> None:
    start = {"from": [10, 20], "start": [5, 15, 8]}
    cases = [
        ({**start, "isSizing": False}, [13, 18], [8, 13, 8]),
        ({**start, "isSizing": True}, [13, 18], [5, 15, 11]),
        ({**start, "isSizing": True}, [4, 18], [5, 15, 6]),
        ({**start, "isSizing": True}, [10, 20], [5, 15, 8]),
    ]
    found = each(modules, SQUARE, "dragged", [[drag, spot] for drag, spot, _ in cases])
    assert found == [square for *_, square in cases]


def test_keys_move_and_size_a_square(modules: CanvasModules) -> None:
    keys = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "+", "-", "a", "Tab"]
    found = each(modules, SQUARE, "movedByKey", [[[5, 6, 7], key, 2] for key in keys])
    assert found[:4] == [[3, 6, 7], [7, 6, 7], [5, 4, 7], [5, 8, 7]]
    assert found[4:] == [[5, 6, 9], [5, 6, 5], None, None]


def test_a_square_is_hit_on_its_pixels_and_sized_at_its_corner(modules: CanvasModules) -> None:
    spots = list(itertools.product(np.arange(0, 12, 0.5).tolist(), repeat=2))
    inside = np.reshape(each(modules, SQUARE, "isInside", [[[2, 5, 4], spot] for spot in spots]), (24, 24))
    expected = np.zeros((24, 24), bool)
    expected[4:12, 10:18] = True
    assert np.array_equal(inside, expected)
    near = np.reshape(each(modules, SQUARE, "isOnCorner", [[[2, 5, 4], spot, 1.25] for spot in spots]), (24, 24))
    expected = np.zeros((24, 24), bool)
    expected[10:15, 16:21] = True
    assert np.array_equal(near, expected)
    assert not modules.call(SQUARE, "isInside", [2, 5, 4], [math.nan, 6])
