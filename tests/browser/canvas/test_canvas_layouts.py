"""Maps, matrices and diagrams fit their place: nothing overlaps, and what leads from one box to another meets both."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pytest

from tests.browser.canvas.canvas_modules import CanvasModules

GRID, MATRIX, DIAGRAM = "map_grid/arrangement.js", "weight_matrix/arrangement.js", "block_diagram/layout.js"
MAPS = """(module, [width, page]) => {
  const view = module.arrange(width, page);
  return [view, Array.from({ length: page.n }, (_, k) => module.placeOf(view, k))];
}"""
LAY_OUT = "(module, [box, open]) => module.layOut(box, new Set(open), true)"
PATHS = """(module, [box, open]) => {
  const place = module.layOut(box, new Set(open), true);
  return [place, place.inside.edges.map((edge) => module.pathOf(place, place.inside, edge))];
}"""
LANES = "(module, [edges, rows, count]) => [...module.lanesOf(edges, rows, count)]"
OPEN = "(module, box) => [...module.openAtFirst(box)].sort()"
Edges = list[tuple[int, int]]
Rectangle = tuple[float, float, float, float]
CHAIN: Edges = [(-1, 0), (0, 1), (1, 2), (2, 3)]
RESIDUAL: Edges = [*CHAIN, (-1, 2)]
CROSSING: Edges = [*CHAIN, (0, 2), (0, 3), (-1, 1), (1, 3)]
PARALLEL: Edges = [(-1, 0), (-1, 1), (0, 2), (1, 2), (2, 3)]
STEM: Edges = [(-1, 0), (0, 1)]


@pytest.mark.parametrize(("h", "w"), [(1, 1), (7, 7), (1, 12), (224, 224)])
@pytest.mark.parametrize("n", [1, 2, 7, 64, 96, 512])
def test_maps_lie_in_the_width_and_do_not_overlap(modules: CanvasModules, n: int, h: int, w: int) -> None:
    for width in (50, 333, 704, 1920):
        view, places = modules.run(GRID, MAPS, [width, {"n": n, "h": h, "w": w}])
        left, top = np.transpose(places)
        assert 44 <= view["cell"] <= 119
        assert left.min() == top.min() == 0
        assert left.max() + view["cell"] <= width
        assert np.diff(np.unique(left)).min(initial=999) >= view["cell"] + 1
        assert np.diff(np.unique(top)).min(initial=999) >= view["tall"] + 10
        assert len(np.unique(top)) == view["rows"]
        assert len({*map(tuple, places)}) == n
        assert view["tall"] == pytest.approx(max(1, view["cell"] * h / w), abs=0.5)


@pytest.mark.parametrize(("n", "rows", "columns"), [(60, 6, 10), (72, 6, 12), (96, 8, 12), (64, 6, 11), (1, 1, 6)])
def test_full_rows_are_taken_where_they_come_easily(modules: CanvasModules, n: int, rows: int, columns: int) -> None:
    view = modules.call(GRID, "arrange", 704, {"n": n, "h": 8, "w": 8})
    assert (view["rows"], view["columns"]) == (rows, columns)


@pytest.mark.parametrize(("n", "width", "cell"), [(512, 470, 44), (512, 469, 49), (1, 476, 116), (1, 477, 93)])
def test_maps_are_neither_unreadably_small_nor_very_large(
    modules: CanvasModules, n: int, width: int, cell: int
) -> None:
    assert modules.call(GRID, "arrange", width, {"n": n, "h": 8, "w": 8})["cell"] == cell


def test_maps_are_as_high_as_asked_for(modules: CanvasModules) -> None:
    for height in (200, 420, 800):
        page = {"n": 60, "h": 8, "w": 8, "smallest": 20, "largest": 400, "height": height}
        view = modules.call(GRID, "arrange", 1000, page)
        assert view["rows"] * view["tall"] == pytest.approx(height, rel=0.4)


@pytest.mark.parametrize(
    ("width", "rows", "columns", "wide", "tall"),
    [
        (734, 4, 4, 22, 22),
        (734, 64, 70, 10, 420 / 64),
        (734, 4, 1400, 0.5, 4),
        (734, 1000, 7, 22, 2),
    ],
)
def test_cells_of_a_matrix_are_square_where_there_is_room(
    modules: CanvasModules, width: int, rows: int, columns: int, wide: float, tall: float
) -> None:
    view = modules.call(MATRIX, "arrange", width, {"rows": rows, "columns": columns})
    assert (view["wide"], view["tall"]) == pytest.approx((wide, tall))


@pytest.mark.parametrize("tall", [2, 5.5, 11.9, 12, 22])
@pytest.mark.parametrize("rows", [1, 30])
def test_numbers_of_rows_have_room_and_the_chosen_one_is_there(modules: CanvasModules, tall: float, rows: int) -> None:
    for chosen in (-1, 0, 7, rows - 1):
        found = modules.call(MATRIX, "numberedRows", {"wide": 5, "tall": tall}, rows, chosen)
        assert np.diff(found).min(initial=99) * tall >= 12
        assert np.diff([*found, rows]).max() * tall < 3 * max(12, tall)
        assert (chosen in found) == (0 <= chosen < rows)
        if chosen < 0:
            assert found[0] == 0


def box(name: str, *parts: dict[str, Any], edges: Edges | None = None) -> dict[str, Any]:
    """Return a box; one with parts is a group."""
    return {"name": name, "parts": list(parts), "edges": edges or []} if parts else {"name": name}


def leaves(count: int) -> list[dict[str, Any]]:
    return [box(f"layer{number}") for number in range(count)]


def random_edges(parts: int, seed: int) -> Edges:
    """Return edges as they are between parts: each part is led to, the last ones lead to the output."""
    random = np.random.default_rng(seed)
    found = {(int(random.integers(-1, part)), part) for part in range(parts) for _ in range(2)}
    return sorted({*found, *((part, parts) for part in range(parts) if not any(start == part for start, _ in found))})


@pytest.mark.parametrize("seed", range(4))
def test_a_part_is_below_all_that_lead_to_it(modules: CanvasModules, seed: int) -> None:
    edges = random_edges(12, seed)
    waiting = TopologicalSorter(
        {part: {start for start, end in edges if end == part and start >= 0} for part in range(12)}
    )
    waiting.prepare()
    rows: dict[int, int] = {}
    for row in itertools.takewhile(lambda _: waiting.is_active(), itertools.count()):
        ready = waiting.get_ready()
        rows |= dict.fromkeys(ready, row)
        waiting.done(*ready)
    assert modules.call(DIAGRAM, "rowsOf", 12, edges) == [rows[part] for part in range(12)]


@pytest.mark.parametrize(
    ("edges", "rows", "lanes"),
    [
        (CHAIN, [0, 1, 2], []),
        (RESIDUAL, [0, 1, 2], [[-1, 0]]),
        (CROSSING, [0, 1, 2], [[0, 0], [-1, 1], [1, 2]]),
        ([(start, start + 2) for start in range(10)], list(range(12)), [[start, start % 8] for start in range(10)]),
    ],
)
def test_what_leads_past_a_row_has_a_lane_for_each_start(
    modules: CanvasModules, edges: Edges, rows: list[int], lanes: list[list[int]]
) -> None:
    assert modules.run(DIAGRAM, LANES, [edges, rows, len(rows)]) == lanes


def test_a_closed_box_is_a_card(modules: CanvasModules) -> None:
    group = box("stage", *leaves(3), edges=CHAIN)
    code = "(module, box) => [module.CARD, module.layOut(box, new Set())]"
    card, place = modules.run(DIAGRAM, code, group)
    assert (place["w"], place["h"], place["x"], place["y"]) == (card["w"], card["h"], 0, 0)
    assert "inside" not in place


def tree(depth: int, random: np.random.Generator, name: str = "box") -> dict[str, Any]:
    """Return a group of up to five parts, some of which are groups again."""
    count = int(random.integers(1, 6))
    parts = [
        tree(depth - 1, random, f"{name}.{part}") if depth and random.random() < 0.5 else box(f"{name}.{part}")
        for part in range(count)
    ]
    return box(name, *parts, edges=random_edges(count, count))


def groups(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each open box."""
    if "inside" in place:
        yield place
        for child in place["inside"]["children"]:
            yield from groups(child)


def rectangle(child: dict[str, Any]) -> Rectangle:
    return child["x"], child["y"], child["x"] + child["w"], child["y"] + child["h"]


def are_apart(one: Rectangle, other: Rectangle) -> bool:
    return one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


def names(group: dict[str, Any]) -> list[str]:
    return [group["name"], *(name for part in group.get("parts", []) for name in names(part))]


@pytest.mark.parametrize("seed", range(6))
def test_boxes_lie_in_the_one_around_them_and_do_not_overlap(modules: CanvasModules, seed: int) -> None:
    whole = tree(3, np.random.default_rng(seed), "whole")
    place = modules.run(DIAGRAM, LAY_OUT, [whole, names(whole)])
    opened = list(groups(place))
    assert len(opened) == str(whole).count("'parts'")
    for group in opened:
        inside = group["inside"]
        places = [rectangle(child) for child in inside["children"]]
        for left, top, right, bottom in places:
            assert left > 0
            assert top > inside["title"]
            assert right < group["w"]
            assert bottom < group["h"]
        assert all(are_apart(*pair) for pair in itertools.combinations(places, 2))
        for start, end in inside["edges"]:
            if start >= 0 and end < len(places):
                assert places[start][3] < places[end][1]
        middles = {row: [] for row in inside["rows"]}
        for row, (left, _, right, _) in zip(inside["rows"], places, strict=True):
            middles[row] += [left, right]
        assert [(min(ends) + max(ends)) / 2 for ends in middles.values()] == pytest.approx(
            [group["w"] / 2] * len(middles)
        )


def points(path: str) -> list[tuple[float, float]]:
    """Return the places that the curves and lines of a path lead through, with their handles."""
    found: list[tuple[float, float]] = []
    for sign, numbers in re.findall(r"([MCVHQ])([-\d., ]+)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if sign in "VH":
            x, y = found[-1]
            found.append((x, values[0]) if sign == "V" else (values[0], y))
        else:
            found += zip(values[::2], values[1::2], strict=True)
    return found


@pytest.mark.parametrize("edges", [CHAIN, RESIDUAL, CROSSING, PARALLEL])
def test_a_path_leads_from_one_box_to_the_other_and_past_all_between(modules: CanvasModules, edges: Edges) -> None:
    place, paths = modules.run(DIAGRAM, PATHS, [box("whole", *leaves(3), edges=edges), []])
    children = [rectangle(child) for child in place["inside"]["children"]]
    rows = [-1, *place["inside"]["rows"], place["inside"]["count"]]
    lanes = set()
    for (start, end), path in zip(edges, paths, strict=True):
        way = points(path["d"])
        left, _, right, bottom = children[start] if start >= 0 else (0, 0, place["w"], 0)
        assert way[0] == pytest.approx(((left + right) / 2, bottom))
        left, top, right, _ = children[end] if end < 3 else (0, place["h"], place["w"], 0)
        assert way[-1] == pytest.approx(((left + right) / 2, top))
        assert path["isSkip"] == (rows[end + 1] - rows[start + 1] > 1)
        if path["isSkip"]:
            across, down = zip(*way, strict=True)
            farthest = max(across)
            turn = across.index(farthest)
            assert list(down) == sorted(down)
            assert list(across) == [*sorted(across[:turn]), *sorted(across[turn:], reverse=True)]
            assert across.count(farthest) == 4
            assert max(right for *_, right, _ in children) < farthest < place["w"]
            lanes.add((start, farthest))
    assert len(lanes) == len({start for start, _ in lanes}) == len({x for _, x in lanes})


@pytest.mark.parametrize(
    ("stages", "names"),
    [
        ([], []),
        (leaves(2), []),
        ([box("stem"), box("plain", *leaves(1), edges=STEM)], ["plain"]),
        (
            [box("first", *leaves(1)), box("second", box("block", *leaves(3), edges=RESIDUAL), edges=STEM)],
            ["block", "second"],
        ),
        ([box("first", *leaves(1)), box("second", *leaves(3), edges=RESIDUAL)], ["second"]),
    ],
)
def test_the_first_block_that_branches_is_open_at_first(
    modules: CanvasModules, stages: list[dict[str, Any]], names: list[str]
) -> None:
    assert modules.run(DIAGRAM, OPEN, {"name": "whole", "parts": stages}) == names
