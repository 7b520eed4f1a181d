"""Windows hold the numbers that PyTorch reads, and their sums, maxima and averages are those of its layers."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from core.visualization.arithmetic.records import Slide
from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

WINDOW, PLACES = "cell_arithmetic/window_arithmetic.js", "sliding_window/window_places.js"
EVERYWHERE = "Array.from({ length: out[0] * out[1] }, (_, i) => [Math.floor(i / out[1]), i % out[1]])"
PATCHES = f"(module, [head, map, shape, out]) => {EVERYWHERE}.map((cell) => module.patchOf(head, map, shape, ...cell))"
TERMS = f"(module, [head, term, out]) => {EVERYWHERE}.map((cell) => module.termAt(head, term, ...cell, false))"
ALL = f"(module, [state, out]) => {EVERYWHERE}.map((cell) => module.arithmeticAt(state, ...cell))"
MODES = {"zeros": "constant", "reflect": "reflect", "circular": "circular", "replicate": "replicate"}
SETTINGS = pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [
        ((1, 1), (1, 1), (0, 0), (1, 1)),
        ((3, 3), (1, 1), (1, 1), (1, 1)),
        ((2, 3), (2, 3), (0, 2), (1, 1)),
        ((3, 2), (1, 2), (4, 3), (2, 3)),
    ],
)
Pair = tuple[int, int]


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def slide(cells: int, kernel: int, stride: int, padding: int, dilation: int) -> Slide:
    """Return where windows lie along an axis."""
    firsts = tuple(range(-padding, cells + padding - dilation * (kernel - 1), stride))
    return Slide(cells, firsts, (kernel,) * len(firsts), dilation)


def head_of(shape: Pair, *settings: Pair, padding_mode: str = "zeros") -> tuple[dict[str, Any], Pair]:
    """Return where windows lie on a map, and how many there are."""
    rows, columns = (slide(shape[axis], *(setting[axis] for setting in settings)) for axis in (0, 1))
    head = {"rows": asdict(rows), "columns": asdict(columns), "padding": padding_mode}
    return head, (len(rows.firsts), len(columns.firsts))


def unfold(padded: Tensor, kernel: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """Return what is in each window."""
    return F.unfold(padded[None, None], kernel, dilation, 0, stride)[0].T.numpy()


@SETTINGS
@pytest.mark.parametrize("mode", MODES)
def test_a_window_holds_what_pytorch_reads(
    modules: CanvasModules, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, mode: str
) -> None:
    shape = (5, 6)
    numbers = random(*shape)
    head, out = head_of(shape, kernel, stride, padding, dilation, padding_mode=mode)
    patches = modules.run(WINDOW, PATCHES, [head, numbers.flatten().tolist(), shape, out])
    around = (padding[1], padding[1], padding[0], padding[0])
    padded = F.pad(numbers[None, None], around, mode=MODES[mode])[0, 0]
    assert np.array_equal([patch["values"] for patch in patches], unfold(padded, kernel, stride, dilation))
    ones = F.pad(torch.ones(shape), around)
    assert np.array_equal([patch["inside"] for patch in patches], unfold(ones, kernel, stride, dilation) == 1)
    places = torch.arange(-padding[0], 5 + padding[0]).double()[:, None].expand(padded.shape)
    found = [np.repeat(patch["rows"], kernel[1]) for patch in patches]
    assert np.array_equal(found, unfold(places, kernel, stride, dilation))


@pytest.mark.parametrize(
    ("padding", "numpy_mode"), [("circular", "wrap"), ("reflect", "reflect"), ("replicate", "edge")]
)
@pytest.mark.parametrize("cells", [1, 2, 7])
def test_a_number_beyond_the_border_is_read_where_numpy_pads_it_from(
    modules: CanvasModules, padding: str, numpy_mode: Any, cells: int
) -> None:
    beyond = max(1, cells - 1)
    expected = np.pad(np.arange(cells), beyond, mode=numpy_mode)
    cases = [[place, cells, padding] for place in range(-beyond, cells + beyond)]
    assert each(modules, WINDOW, "readAt", cases) == expected.tolist()


def test_windows_of_an_adaptive_pool_have_sizes_of_their_own(modules: CanvasModules) -> None:
    own = Slide(5, (0, 1, 3), (2, 3, 2))
    found = each(modules, WINDOW, "covered", [[asdict(own), cell] for cell in range(3)])
    assert found == [[0, 1], [1, 2, 3], [3, 4]]
    numbers = random(5, 5)
    head = {"rows": asdict(own), "columns": asdict(own), "padding": "zeros"}
    patches = modules.run(WINDOW, PATCHES, [head, numbers.flatten().tolist(), [5, 5], [3, 3]])
    averages = [np.mean(patch["values"]) for patch in patches]
    assert averages == pytest.approx(F.adaptive_avg_pool2d(numbers[None], 3).flatten().numpy())


@SETTINGS
def test_products_add_up_to_the_convolution(
    modules: CanvasModules, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> None:
    numbers, weights = random(5, 6), random(*kernel) + 1
    head, out = head_of((5, 6), kernel, stride, padding, dilation)
    term = {"map": numbers.flatten().tolist(), "shape": [5, 6], "kernel": weights.flatten().tolist(), "value": 0}
    found = modules.run(WINDOW, TERMS, [head, term, out])
    expected = F.conv2d(numbers[None, None], weights[None, None], None, stride, padding, dilation).flatten()
    assert [at["value"] for at in found] == pytest.approx(expected.numpy())
    assert [sum(at["products"]) for at in found] == pytest.approx(expected.numpy())
    largest = modules.call(WINDOW, "largestProduct", {"terms": found})
    assert largest == pytest.approx(max(abs(product) for at in found for product in at["products"]))


def test_what_is_not_shown_contributes_the_rest(modules: CanvasModules) -> None:
    numbers, weights, bias = random(3, 4, 5), random(3, 3, 3), 0.75
    head, out = head_of((4, 5), (3, 3), (1, 1), (1, 1), (1, 1))
    apart = F.conv2d(numbers[None], weights[:, None], padding=1, groups=3)[0]
    result = apart.sum(0) + bias
    terms = [
        {"map": own.flatten().tolist(), "shape": [4, 5], "kernel": by.flatten().tolist(), "value": 1000 + number}
        for number, (own, by) in enumerate(zip(numbers[:2], weights[:2], strict=True))
    ]
    whole = {**head, "cell": [1, 2], "out": out, "bias": bias, "rest": 2000, "values": [3000, 4000]}
    links = [result.flatten().tolist(), result.relu().flatten().tolist()]
    found = modules.run(WINDOW, ALL, [{"head": whole, "terms": terms, "maps": links}, out])
    chosen = found.pop(1 * out[1] + 2)
    others = [place for place in range(20) if place != 1 * out[1] + 2]
    assert not any(at["exact"] for at in found)
    assert [(at["row"], at["column"]) for at in found] == [divmod(place, 5) for place in others]
    assert [at["rest"] for at in found] == pytest.approx(apart[2].flatten()[others].numpy())
    assert np.array_equal([at["values"] for at in found], np.transpose(links)[others])
    assert (chosen["exact"], chosen["rest"], chosen["values"]) == (True, 2000, [3000, 4000])
    assert chosen["stored"] == [link[7] for link in links]
    assert [term["value"] for term in chosen["terms"]] == [1000, 1001]


def test_without_windows_each_place_reads_its_own_number(modules: CanvasModules) -> None:
    gate, numbers = random(1, 1), random(3, 4)
    head = {"rows": None, "columns": None, "padding": "zeros"}
    found = [
        [at["value"] for at in modules.run(WINDOW, TERMS, [head, term, [3, 4]])]
        for term in (
            {"map": own.flatten().tolist(), "shape": list(own.shape), "kernel": None, "value": 9}
            for own in (gate, numbers)
        )
    ]
    assert np.prod(found, axis=0) == pytest.approx((gate * numbers).flatten().numpy())


def test_a_number_without_a_map_is_the_same_everywhere(modules: CanvasModules) -> None:
    term = {"map": None, "shape": None, "kernel": None, "value": 1.5}
    assert modules.call(WINDOW, "termAt", {"padding": "zeros"}, term, 3, 4, False) == {"value": 1.5}


WITH_NAN = random(5, 6).masked_fill(torch.arange(30).reshape(5, 6) == 14, math.nan)


@pytest.mark.parametrize(
    "numbers",
    [random(5, 6), -random(5, 6).abs() - 1, torch.zeros(5, 6), WITH_NAN],
    ids=["mixed", "negative", "zeros", "NaN"],
)
def test_the_winner_is_that_of_max_pooling(modules: CanvasModules, numbers: Tensor) -> None:
    head, out = head_of((5, 6), (3, 3), (2, 2), (1, 1), (1, 1))
    patches = modules.run(WINDOW, PATCHES, [head, numbers.flatten().tolist(), [5, 6], out])
    winners = each(modules, WINDOW, "winnerOf", [[patch] for patch in patches])
    found = [
        patch["rows"][winner // 3] * 6 + patch["columns"][winner % 3]
        for patch, winner in zip(patches, winners, strict=True)
    ]
    _, indices = F.max_pool2d(numbers[None], 3, 2, 1, return_indices=True)
    assert found == indices.flatten().tolist()


def test_a_window_beside_the_map_has_no_winner(modules: CanvasModules) -> None:
    assert modules.call(WINDOW, "winnerOf", {"values": [0, 0], "inside": [False, False]}) == -1


@pytest.mark.parametrize(
    ("counts_padding", "own", "counted"),
    [(True, None, (3, 3, 3)), (False, None, (2, 3, 2)), (True, 7, (3, 3, 3))],
)
def test_a_sum_is_divided_as_in_average_pooling(
    modules: CanvasModules, counts_padding: bool, own: int | None, counted: tuple[int, ...]
) -> None:
    numbers = random(5, 5)
    head, out = head_of((5, 5), (3, 3), (2, 2), (1, 1), (1, 1))
    patches = modules.run(WINDOW, PATCHES, [head, numbers.flatten().tolist(), [5, 5], out])
    axis = {"counted": counted}
    cases = [[{"divisor": own, "rows": axis, "columns": axis}, place // 3, place % 3] for place in range(9)]
    divisors = each(modules, WINDOW, "divisorAt", cases)
    found = [sum(patch["values"]) / divisor for patch, divisor in zip(patches, divisors, strict=True)]
    expected = F.avg_pool2d(numbers[None], 3, 2, 1, count_include_pad=counts_padding, divisor_override=own)
    assert found == pytest.approx(expected.flatten().numpy())


def test_without_windows_nothing_is_divided(modules: CanvasModules) -> None:
    assert modules.call(WINDOW, "divisorAt", {"divisor": None, "rows": None, "columns": None}, 2, 3) == 1


@pytest.mark.parametrize(
    ("rows", "columns", "over"),
    [
        (slide(5, 3, 1, 0, 1), slide(5, 3, 2, 1, 1), [0, 1]),
        (slide(5, 3, 1, 2, 2), slide(4, 7, 1, 3, 1), [2, 3]),
        (slide(6, 2, 4, 0, 1), slide(1, 1, 1, 0, 1), [0, 0]),
        (Slide(5, (0, 3), (3, 3)), Slide(5, (-1, 3), (3, 4)), [1, 2]),
        (None, None, [0, 0]),
    ],
)
def test_a_drawing_leaves_room_for_what_windows_reach_over_borders(
    modules: CanvasModules, rows: Slide | None, columns: Slide | None, over: list[int]
) -> None:
    head = {"rows": rows and asdict(rows), "columns": columns and asdict(columns)}
    assert modules.call(WINDOW, "overhang", head) == over


def test_terms_without_products_have_no_largest_one(modules: CanvasModules) -> None:
    terms = [{"value": 9, "products": [1, -5]}, {"value": 3}, {"value": 0, "products": []}]
    assert modules.call(WINDOW, "largestProduct", {"terms": terms}) == 5
    assert modules.call(WINDOW, "largestProduct", {"terms": terms[1:]}) == 0


def test_the_sum_of_nothing_is_zero(modules: CanvasModules) -> None:
    assert each(modules, WINDOW, "sumOf", [[[]], [[1.5, -2, 4]]]) == [0, 3.5]


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding", "dilation"),
    [(5, 3, 1, 1, 1), (4, 1, 2, 0, 1), (6, 2, 2, 3, 3), (7, 3, 3, 0, 2)],
)
def test_a_sliding_window_reads_what_its_output_depends_on(
    modules: CanvasModules, side: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    wide = side + 2 * padding
    numbers = {"side": side, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    cells = [[row, column] for row in range(wide) for column in range(wide)]
    reach = dilation * (kernel - 1) + 1
    places = (wide - reach) // stride + 1
    for output in ((0, 0), (0, places - 1), (places // 2, places // 3)):
        roles = np.reshape(each(modules, PLACES, "roleOf", [[numbers, output, *cell] for cell in cells]), (wide, wide))
        for size, gap, seen in ((kernel, dilation, roles == "tap"), (reach, 1, roles != "")):
            padded = torch.zeros(1, 1, wide, wide, requires_grad=True)
            F.conv2d(padded, torch.ones(1, 1, size, size), None, stride, 0, gap)[0, 0][output].backward()
            assert padded.grad is not None
            assert np.array_equal(seen, padded.grad[0, 0].numpy() > 0)
        assert set(roles.flat) <= {"", "tap", "under"}


@pytest.mark.parametrize(("side", "padding"), [(1, 0), (3, 2), (1, 1)])
def test_padding_is_what_pytorch_adds(modules: CanvasModules, side: int, padding: int) -> None:
    wide = side + 2 * padding
    cases = [[{"side": side, "padding": padding}, place // wide, place % wide] for place in range(wide**2)]
    expected = F.pad(torch.zeros(side, side), (padding,) * 4, value=1).bool()
    assert each(modules, PLACES, "isPadding", cases) == expected.flatten().tolist()
