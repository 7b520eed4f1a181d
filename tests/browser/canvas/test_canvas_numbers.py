"""Numbers are written with the digits that Python rounds them to, a true minus and the visitor's decimal sign."""

from __future__ import annotations

import math
import unicodedata
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

NUMBERS, FORMAT = "shared/numbers.js", "cell_arithmetic/number_format.js"
RANDOM = np.random.default_rng(0)
SOME = (RANDOM.choice([-1, 1], 400) * 10 ** RANDOM.uniform(-9, 9, 400)).tolist()
POWERS = [float(f"1e{power}") for power in range(-20, 21)]


def read(text: str) -> float:
    """Return the number that a text with a true minus, and perhaps small digits, stands for."""
    return float(unicodedata.normalize("NFKC", text).replace("×10", "e").replace("−", "-"))


def test_digits_keep_three_significant_ones(modules: CanvasModules) -> None:
    texts = each(modules, NUMBERS, "digits", [[value] for value in SOME])
    assert [read(text) for text in texts] == [float(f"{value:.2e}") for value in SOME]
    assert ["e" in text for text in texts] == [not 1e-3 <= abs(value) < 1e5 for value in SOME]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1234.5, "1230"),
        (0.001, "0.001"),
        (-0.00012345, "−1.23e−4"),
        (99999, "100000"),
        (1e5, "1.00e+5"),
        (math.nan, "NaN"),
        (-math.inf, "−Infinity"),
    ],
)
def test_digits_at_the_ends_of_their_range(modules: CanvasModules, value: float, text: str) -> None:
    assert modules.call(NUMBERS, "digits", value) == text


def test_the_decimal_sign_is_the_visitors(modules: CanvasModules) -> None:
    code = """async (module) => {
      const format = await import('/cell_arithmetic/number_format.js');
      module.setDecimalSign(',');
      try {
        return [module.digits(-0.5), module.localise('-1.5e-7'), format.brief(2.5, 0), format.precise(1.25e-9)];
      } finally {
        module.setDecimalSign('.');
      }
    }"""
    assert modules.run(NUMBERS, code) == ["−0,5", "−1,5e−7", "2,50", "1,25×10⁻⁹"]
    assert modules.call(NUMBERS, "digits", 0.5) == "0.5"


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("row {row}, column {column}: {row}", {"row": 2, "column": "3"}, "row 2, column 3: 2"),
        ("{unknown} {row}", {"row": 0}, "{unknown} 0"),
        ("{a}", {"a": "{b}", "b": 1}, "{b}"),
        ("{a}", {"a": "$&"}, "$&"),
        ("", {"a": 1}, ""),
    ],
)
def test_values_stand_at_their_names(modules: CanvasModules, template: str, values: dict[str, Any], text: str) -> None:
    assert modules.call(NUMBERS, "fill", template, values) == text


def test_squares_are_multiplied_by_the_power_of_the_largest_number(modules: CanvasModules) -> None:
    largest = [*POWERS, *map(abs, SOME)]
    exponents = [Decimal(str(value)).adjusted() for value in largest]
    expected = [0 if -1 <= exponent <= 2 else exponent for exponent in exponents]
    assert each(modules, FORMAT, "powerFor", [[value] for value in largest]) == expected


@pytest.mark.parametrize("largest", [0, -1, math.nan])
def test_squares_without_a_largest_number_stay_as_they_are(modules: CanvasModules, largest: float) -> None:
    assert modules.call(FORMAT, "powerFor", largest) == 0


def test_a_brief_number_is_short_and_close(modules: CanvasModules) -> None:
    powers = each(modules, FORMAT, "powerFor", [[abs(value)] for value in SOME])
    texts = each(modules, FORMAT, "brief", list(zip(SOME, powers, strict=True)))
    assert max(len(text.removeprefix("−")) for text in texts) <= 5
    scaled = [value / 10.0**power for value, power in zip(SOME, powers, strict=True)]
    for text, value in zip(texts, scaled, strict=True):
        digit = 10.0 ** -len(text.partition(".")[2])
        assert read(text) == pytest.approx(value, abs=0.5001 * digit)


@pytest.mark.parametrize(
    ("value", "power", "text"),
    [
        (0, -5, "0"),
        (-0.001, 0, "0.00"),
        (9.994, 0, "9.99"),
        (-12.34, 0, "−12.3"),
        (123.4, 0, "123"),
        (-4.56e-7, -7, "−4.56"),
    ],
)
def test_a_brief_number_has_no_minus_before_a_zero(modules: CanvasModules, value: float, power: int, text: str) -> None:
    assert modules.call(FORMAT, "brief", value, power) == text


def test_powers_of_ten_are_written_in_small_digits(modules: CanvasModules) -> None:
    powers = [-1234567890, -12, -1, 3, 308]
    texts = each(modules, FORMAT, "exponentText", [[power] for power in powers])
    assert [unicodedata.normalize("NFKC", text) for text in texts] == [
        f" ×10{power}".replace("-", "−") for power in powers
    ]
    assert not any(character in "0123456789-−" for text in texts for character in text.removeprefix(" ×10"))
    assert modules.call(FORMAT, "exponentText", 0) == ""


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([1.5], 4),
        ([0.5, -123.4, 7], 2),
        ([-0.02], 6),
        ([99999], 0),
        ([1e9, 1], 0),
        ([1e-20], 12),
        ([0, 0], 0),
        ([], 0),
        ([math.nan], 0),
    ],
)
def test_numbers_of_a_sum_have_five_digits_of_the_largest(
    modules: CanvasModules, values: list[float], decimals: int
) -> None:
    assert modules.call(FORMAT, "decimalsFor", values) == decimals


@pytest.mark.parametrize("decimals", [0, 4, 12])
def test_fixed_decimals_are_those_of_python(modules: CanvasModules, decimals: int) -> None:
    texts = each(modules, FORMAT, "fixed", [[value, decimals] for value in SOME])
    expected = [f"{value:.{decimals}f}".replace("-", "−") for value in SOME]
    assert texts == [text if read(text) else "0" for text in expected]


def test_precise_numbers_have_five_digits(modules: CanvasModules) -> None:
    texts = each(modules, FORMAT, "precise", [[value] for value in SOME])
    assert [read(text) for text in texts] == [float(f"{value:.4e}") for value in SOME]
    assert not any("e" in text or "-" in text for text in texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.5, "−0.5"), (1e-5, "0.00001"), (-9e-6, "−9×10⁻⁶"), (2e6, "2×10⁶"), (math.nan, "NaN")],
)
def test_precise_numbers_are_no_longer_than_need_be(modules: CanvasModules, value: float, text: str) -> None:
    assert modules.call(FORMAT, "precise", value) == text


def test_only_negative_numbers_stand_in_brackets(modules: CanvasModules) -> None:
    assert each(modules, FORMAT, "bracketed", [["−2"], ["2"], ["1×10⁻⁹"], [""]]) == ["(−2)", "2", "1×10⁻⁹", ""]


@pytest.mark.parametrize(
    ("values", "low", "span"),
    [([1, 3], 0, 3), ([-2, -1], -2, 2), ([-2, 5], -2, 7), ([0], 0, 1), ([], 0, 1)],
)
def test_the_scale_of_a_sum_holds_zero_and_has_a_length(
    modules: CanvasModules, values: list[float], low: float, span: float
) -> None:
    assert modules.call(FORMAT, "scaleOf", values) == {"low": low, "span": span}
