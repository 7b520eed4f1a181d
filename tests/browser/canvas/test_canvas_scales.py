"""Axes hold what they show: round ticks in their range, and each value at its place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

SCALES, CURVES = "line_chart/scales.js", "surface_race/curve_scales.js"
RANDOM = np.random.default_rng(6)
AXIS = """(module, [low, high, isLog, values]) => {
  const { ticks, share } = module.axisOf(low, high, isLog);
  return [ticks, values.map(share)];
}"""
PLACES = """(module, [range, values, isLog, x]) => {
  const { areaOf, axisOf, placesIn, stepUnder } = module;
  const area = areaOf(600, 300);
  const { across, down } = placesIn(area, axisOf(...x, false), axisOf(...range, isLog), isLog);
  const steps = Array.from({ length: x[1] - x[0] + 1 }, (_, i) => x[0] + i);
  return [area, values.map(down), steps.map(across), steps.map((step) => stepUnder(area, x, across(step)))];
}"""


def series(*values: float, low: list[float] | None = None, high: list[float] | None = None) -> dict[str, Any]:
    """Return a line with a band, which is the line itself where none is given."""
    middle = list(values)
    return {"steps": list(range(len(middle))), "middle": middle, "low": low or middle, "high": high or middle}


def test_ticks_are_the_finest_round_numbers_of_which_six_suffice(modules: CanvasModules) -> None:
    spans = [*(10 ** RANDOM.uniform(-12, 12, 200)).tolist(), 6.0, 6.01, 12.0, 15.0, 30.0, 60.0, 1.2e-5]
    rounds = [float(f"{factor}e{power}") for power in range(-14, 14) for factor in (1, 2, 2.5, 5)]
    expected = [next(step for step in rounds if 6 * step >= span * (1 - 1e-12)) for span in spans]
    assert each(modules, SCALES, "niceStep", [[span] for span in spans]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 6, [0, 1, 2, 3, 4, 5, 6]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (0.4, 1, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (-7, -3, [-7, -6, -5, -4, -3]),
        (0, 1060, [0, 200, 400, 600, 800, 1000]),
        (1e6, 1e6 + 3, [1e6 + 0.5 * k for k in range(7)]),
    ],
)
def test_a_linear_axis_has_ticks_at_round_numbers(
    modules: CanvasModules, low: float, high: float, ticks: list[float]
) -> None:
    found, shares = modules.run(SCALES, AXIS, [low, high, False, [low, (low + high) / 2, high, 2 * high - low]])
    assert found == pytest.approx(ticks, abs=1e-9)
    assert shares == pytest.approx([0, 0.5, 1, 2])


def test_ticks_of_any_linear_axis_fill_its_range(modules: CanvasModules) -> None:
    lows = RANDOM.normal(0, 10, 100)
    spans = 10 ** RANDOM.uniform(-3, 6, 100)
    code = "(module, ranges) => ranges.map((range) => module.axisOf(...range, false).ticks)"
    ranges = np.column_stack([lows, lows + spans]).tolist()
    for (low, high), ticks in zip(ranges, modules.run(SCALES, code, ranges), strict=True):
        step = ticks[1] - ticks[0]
        slack = 1e-5 * step
        assert 2 <= len(ticks) <= 7
        assert np.diff(ticks) == pytest.approx(step)
        assert low - slack <= ticks[0] < low + step + slack
        assert high - step - slack < ticks[-1] <= high + slack


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1e-2, 1e3, [1e-2, 1e-1, 1, 10, 100, 1000]),
        (1e-12, 1e12, [1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12]),
        (1.5, 30, [2, 5, 10, 20]),
        (0.04, 0.6, [0.05, 0.1, 0.2, 0.5]),
        (1, 1, [1]),
        (2.104, 4.174, [2.5, 3, 3.5, 4]),
        (7e-3, 9e-3, [7e-3, 7.5e-3, 8e-3, 8.5e-3, 9e-3]),
    ],
)
def test_a_logarithmic_axis_has_ticks_at_powers_of_ten_or_between_them(
    modules: CanvasModules, low: float, high: float, ticks: list[float]
) -> None:
    found, shares = modules.run(SCALES, AXIS, [low, high, True, [low, math.sqrt(low * high), high, 0]])
    assert found == pytest.approx(ticks)
    assert shares == pytest.approx([0, 0.5, 1, -math.inf] if high > low else [0, 0, 0, -math.inf])


def test_ticks_are_written_without_what_rounding_leaves(modules: CanvasModules) -> None:
    ticks, _ = modules.run(SCALES, "(module, ends) => [module.axisOf(...ends, false).ticks.map(String), 0]", [0, 1])
    assert ticks == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_an_empty_range_has_no_ticks(modules: CanvasModules) -> None:
    found, shares = modules.run(SCALES, AXIS, [2, 2, False, [2]])
    assert found == []
    assert math.isnan(shares[0])


@pytest.mark.parametrize(
    ("lines", "is_log", "is_share", "expected"),
    [
        ([], False, False, (0, 1)),
        ([], True, False, (0.1, 10)),
        ([], False, True, (0, 1)),
        ([series(math.nan, math.inf)], False, False, (0, 1)),
        ([series(0, -1)], True, False, (0.1, 10)),
        ([series(2, math.nan, 5), series(3)], False, False, (0, 5.3)),
        ([series(-2, 2)], False, False, (-2, -2 + 4 * 1.06)),
        ([series(0, 0)], False, False, (0, 1.06e-9)),
        ([series(1, low=[0.5], high=[4, math.inf])], False, False, (0, 4.24)),
        ([series(0.23, 230, -1, 0)], True, False, (0.2, 264.5)),
        ([series(4.6)], True, False, (4, 7.935)),
        ([series(0.56, 0.9)], False, True, (0.5, 1)),
        ([series(0.02)], False, True, (0, 1)),
        ([series(1)], False, True, (0.9, 1)),
        ([series(math.nan)], False, True, (0, 1)),
    ],
)
def test_the_range_holds_what_is_shown(
    modules: CanvasModules, lines: list[dict[str, Any]], is_log: bool, is_share: bool, expected: tuple[float, float]
) -> None:
    found = modules.call(SCALES, "valueRange", lines, {"log": is_log, "isShare": is_share})
    assert found == pytest.approx(expected)


def test_a_few_outliers_do_not_flatten_the_others(modules: CanvasModules) -> None:
    values = [1 + place / 1000 for place in range(1000)]
    for outliers, is_log in ((4, False), (4, True), (20, False)):
        line = series(*values[outliers:], *[1e9] * outliers)
        low, high = modules.call(SCALES, "valueRange", [line], {"log": is_log, "isShare": False})
        assert low <= 1
        assert (high < 3) == (outliers == 4)


def test_the_ends_of_the_range_are_the_ends_of_the_area(modules: CanvasModules) -> None:
    for range_, values, is_log in (((2, 6), [2, 4, 6, 7, 1], False), ((0.01, 100), [0.01, 1, 100, 1e9, 0], True)):
        area, down, across, steps = modules.run(SCALES, PLACES, [range_, values, is_log, [10, 50]])
        tall = area["bottom"] - area["top"]
        assert 0 < area["left"] < area["right"] < 600
        assert 0 < area["top"] < area["bottom"] < 300
        assert down[:3] == pytest.approx([area["bottom"], area["bottom"] - tall / 2, area["top"]])
        assert down[3] == pytest.approx(area["top"] - 0.05 * tall)
        assert down[4] == pytest.approx(area["bottom"] + 0.02 * tall)
        assert across == pytest.approx(np.linspace(area["left"], area["right"], 41))
        assert steps == list(range(10, 51))


def test_there_is_no_step_beside_the_curves(modules: CanvasModules) -> None:
    area = {"left": 60, "right": 160}
    cases = [[area, [0, 10], x] for x in (59, 60, 64, 66, 160, 161)]
    assert each(modules, SCALES, "stepUnder", cases) == [None, 0, 0, 1, 10, None]


def test_the_nearest_step_is_found_and_of_two_the_later(modules: CanvasModules) -> None:
    for count in (1, 2, 9):
        steps = np.unique(RANDOM.integers(0, 40, count))
        found = each(modules, SCALES, "nearest", [[steps.tolist(), at / 2] for at in range(-4, 90)])
        distances = np.abs(steps[:, None] - np.arange(-4, 90) / 2)
        assert found == (len(steps) - 1 - distances[::-1].argmin(axis=0)).tolist()
    assert modules.call(SCALES, "nearest", [], 3) == 0


def test_the_nearest_step_by_ratio_is_found_and_of_two_the_earlier(modules: CanvasModules) -> None:
    steps = np.sort(10 ** RANDOM.uniform(-4, 2, 12))
    marks = 10 ** RANDOM.uniform(-5, 3, 60)
    ratios = np.maximum(steps[:, None] / marks, marks / steps[:, None])
    found = each(modules, SCALES, "nearestByRatio", [[steps.tolist(), mark] for mark in marks.tolist()])
    assert found == ratios.argmin(axis=0).tolist()
    assert modules.call(SCALES, "nearestByRatio", [1, 4, 16], 2) == 0
    assert modules.call(SCALES, "nearestByRatio", [1, 8], 3) == 1


def test_lines_are_values_of_paths_or_medians_with_a_band(modules: CanvasModules) -> None:
    code = """(module, [paths, spreads]) => {
      const typed = (lists) => lists.map((list) => new Float32Array(list));
      const plain = (list) => Array.from(list);
      return module.readLines(typed(paths), typed(spreads)).map(({ line, band }) => [
        plain(line), band && plain(band.low), band && plain(band.high),
      ]);
    }"""
    paths = [[1, 2, 10, 3, 4, 20], [5, 6, 30]]
    assert modules.run(CURVES, code, [paths, []]) == [[[10, 20], None, None], [[30], None, None]]
    spreads = [[1, 2, 3, 4, 5, 6], [7, 8, 9]]
    assert modules.run(CURVES, code, [paths, spreads]) == [[[3, 4], [1, 2], [5, 6]], [[8], [7], [9]]]


@pytest.mark.parametrize(
    ("lines", "diverged", "lowest", "expected"),
    [
        ([([10, 0.5], None)], [None], 0, [-1, 2]),
        ([([10, 0.5], None)], [None], -990, [2, 4]),
        ([([3, 3], None)], [None], 3, [-12, -11]),
        ([([50, 1], None), ([50, 1e9], None)], [None, 2], 0, [0, 2]),
        ([([50, 1], None), ([50, 1e9], None)], [None, None], 0, [0, 10]),
        ([([5, 1], ([5, 0.02], [5, 700]))], [None], 0, [-2, 4]),
        ([([5, math.inf], ([5, 0.02], [5, math.inf]))], [None], 0, [-2, 1]),
        ([([5, math.inf, 2], None)], [None], 0, [0, 1]),
        ([([], None)], [0], 0, [0, 1]),
    ],
)
def test_the_curves_range_over_powers_of_ten(
    modules: CanvasModules, lines: list[Any], diverged: list[int | None], lowest: float, expected: list[int]
) -> None:
    curves = [{"line": line, "band": band and {"low": band[0], "high": band[1]}} for line, band in lines]
    assert modules.call(CURVES, "curveRange", curves, diverged, lowest) == expected


def test_values_lie_at_the_ticks_of_their_powers(modules: CanvasModules) -> None:
    code = """(module, [head, size, range, values]) => {
      const { x, y } = module.curvePlaces(head, size, range);
      return [module.PAD, [0, 50, 100].map(x), values.map(y), module.powerTicks(size.height, range)];
    }"""
    powers = range(-3, 3)
    values = [7 + 10.0**power for power in powers]
    size = {"width": 400, "height": 246}
    pad, across, down, ticks = modules.run(
        CURVES, code, [{"steps": 100, "lowest": 7}, size, [-3, 2], [*values, 6, 1e9, math.inf]]
    )
    assert [tick["power"] for tick in ticks] == list(powers)
    assert [tick["at"] for tick in ticks] == pytest.approx(down[:6])
    assert (down[0], down[5]) == pytest.approx((246 - pad["bottom"], pad["top"]))
    assert across == pytest.approx(np.linspace(pad["left"], 400 - pad["right"], 3))
    assert down[6] > 246 - pad["bottom"]
    assert down[7] == down[8] == pytest.approx(pad["top"] - 0.05 * 200)


@pytest.mark.parametrize(
    ("low", "high", "powers"), [(0, 7, range(8)), (0, 8, range(0, 9, 2)), (-12, 9, range(-12, 10, 3))]
)
def test_an_axis_has_at_most_eight_powers(modules: CanvasModules, low: int, high: int, powers: range) -> None:
    assert [tick["power"] for tick in modules.call(CURVES, "powerTicks", 300, [low, high])] == list(powers)


@pytest.mark.parametrize(
    ("line", "has_band", "diverged", "expected"),
    [
        ([1, 2], False, None, None),
        ([1, 2], False, 2, 2),
        ([1, math.inf, math.inf], True, None, 1),
        ([math.inf], True, None, 0),
        ([1, 2], True, 1, None),
    ],
)
def test_a_median_is_lost_where_it_is_infinite(
    modules: CanvasModules, line: list[float], has_band: bool, diverged: int | None, expected: int | None
) -> None:
    curve = {"line": line, "band": {"low": line, "high": line} if has_band else None}
    assert modules.call(CURVES, "lostAt", curve, diverged) == expected
