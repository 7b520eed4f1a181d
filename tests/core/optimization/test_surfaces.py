"""Surfaces and one's own formulas: minima are minima, and what is no formula is refused with its place."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from core.optimization.surfaces.custom import own_surface
from core.optimization.surfaces.formula import FUNCTIONS, FormulaError, parse_formula
from core.optimization.surfaces.grid import height_map
from core.optimization.surfaces.registry import SURFACES, Surface

each_surface = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


def at(surface: Surface, x: float, y: float) -> float:
    point = (torch.tensor([value], dtype=torch.float64) for value in (x, y))
    return float(surface.function(*point, surface.values()))


@each_surface
def test_the_stated_minima_are_minima(surface: Surface) -> None:
    assert surface.minima
    for place in surface.minima:
        assert surface.contains(place)
        found = minimize(
            lambda p: at(surface, *p), place, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
        )
        assert np.allclose(found.x, place, atol=1e-4), "a minimum stays where it is"
        around = [at(surface, place[0] + dx, place[1] + dy) for dx in (-0.01, 0, 0.01) for dy in (-0.01, 0, 0.01)]
        assert min(around) == around[4]


@each_surface
def test_no_point_of_the_box_is_lower_than_the_lowest_minimum(surface: Surface) -> None:
    heights = height_map(surface)
    assert heights.shape == (121, 121)
    assert np.isfinite(heights).all()
    assert heights.min() >= min(at(surface, *place) for place in surface.minima) - 1e-5
    left, right, low, high = surface.box
    assert heights[0, -1] == pytest.approx(at(surface, right, low)), "rows are y from the lowest, columns x"
    assert heights[-1, 0] == pytest.approx(at(surface, left, high))


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("bowl", (1, 1), 13.0),
        ("saddle", (0, 5**0.5), -2.5),
        ("rosenbrock", (-1.5, 2), 2.5**2 + 100 * 0.25**2),
        ("beale", (1, 1.5), 2.0**2 + 3.5**2 + 5.0**2),
        ("himmelblau", (0, 0), 170.0),
        ("rastrigin", (0.5, 0), 20.25),
        ("ackley", (0, 0), 0.0),
        ("styblinski_tang", (-2.903534027771177, -2.903534027771177), -78.33233140754282),
    ],
)
def test_known_values(name: str, point: tuple[float, float], value: float) -> None:
    assert at(SURFACES[name], *point) == pytest.approx(value, abs=1e-5)


def test_gradients_are_finite_in_the_minima() -> None:
    for surface in SURFACES.values():
        for place in surface.minima:
            leaf = torch.tensor(place, dtype=torch.float64, requires_grad=True)
            surface.function(leaf[0], leaf[1], surface.values()).backward()
            assert leaf.grad is not None
            assert leaf.grad.abs().max() < 1e-4, surface.name


def test_the_condition_number_is_that_of_the_hessian() -> None:
    for name in ("bowl", "ravine"):
        surface = SURFACES[name]
        for condition in (1.0, 25.0, 80.0):
            hessian = torch.autograd.functional.hessian(
                lambda p, s=surface, c=condition: s.function(p[0], p[1], {"condition": c}),
                torch.tensor([0.3, -0.7], dtype=torch.float64),
            )
            values = torch.linalg.eigvalsh(hessian)
            assert float(values[1] / values[0]) == pytest.approx(condition)
            assert float(values[1]) == pytest.approx(condition)


def test_a_start_outside_of_the_box_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        Surface(
            name="a", title="A", idea="", formula="", function=SURFACES["bowl"].function, box=(0, 1, 0, 1),
            start=(2, 0), minima=((0, 0),),
        )  # fmt: skip


# --- one's own formula -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x^2 + y^2", lambda x, y: x**2 + y**2),
        ("  (1-x)**2 + 100*(y-x^2)^2 ", lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2),
        ("-x^2", lambda x, y: -(x**2)),
        ("2^-x", lambda x, y: 2**-x),
        ("sin(pi*x)*e^y", lambda x, y: math.sin(math.pi * x) * math.e**y),
        ("sqrt(abs(x)) + log(y + 9)", lambda x, y: math.sqrt(abs(x)) + math.log(y + 9)),
        ("tanh(x)/(1 + +y^2)", lambda x, y: math.tanh(x) / (1 + y**2)),
        ("7", lambda x, y: 7.0),
        ("sin(1) + 1e-3", lambda x, y: math.sin(1) + 1e-3),
    ],
)
def test_a_formula_means_what_it_says(text: str, expected) -> None:
    x, y = torch.meshgrid(torch.linspace(-2, 2, 5), torch.linspace(-3, 3, 4), indexing="xy")
    x, y = x.double(), y.double()
    found = parse_formula(text)(x, y, {})
    assert found.shape == x.shape
    wanted = [
        [expected(float(a), float(b)) for a, b in zip(row_x, row_y, strict=True)]
        for row_x, row_y in zip(x, y, strict=True)
    ]
    assert torch.allclose(found, torch.tensor(wanted, dtype=torch.float64))


def test_every_function_is_known_and_can_be_differentiated() -> None:
    for name in FUNCTIONS:
        leaf = torch.tensor([0.4], dtype=torch.float64, requires_grad=True)
        parse_formula(f"{name}(x) + y")(leaf, torch.zeros(1, dtype=torch.float64), {}).sum().backward()
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()


def test_division_by_zero_and_overflow_are_numbers_of_their_kind() -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    assert parse_formula("1/x")(zero, zero, {}).isinf().item() or parse_formula("1/x")(zero, zero, {}).isnan().item()
    assert not parse_formula("1/0 + x")(zero, zero, {}).isfinite().item()
    assert not parse_formula("9^9^9^9^9")(zero, zero, {}).isfinite().item()


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 0, "cannot be read"),
        ("x +", 2, "cannot be read"),
        ("x^2 + (y", 6, "cannot be read"),
        ("x^2 + z", 6, "“z” at character 7 is neither x nor y"),
        ("x^2^2 + foo(y)", 8, "no function “foo”, as at character 9"),
        ("sin(x, y)", 0, "“sin” at character 1 takes one value"),
        ("x²", 1, "“²” at character 2 has no place"),
        ("x if y else 1", 0, "no place in a formula"),
        ("x.real", 0, "“x.real” at character 1 has no place"),
        ("x < y", 0, "no place"),
        ("[x]", 0, "no place"),
        ("'x'", 0, "no place"),
        ("x + True", 4, "no place"),
        ("x + 1j", 4, "no place"),
        ("10^2 + 1e99", 7, "number at character 8 is too large"),
        ("x % 2", 0, "no place"),
        ("__import__('os')", 0, "no function “__import__”"),
        ("(lambda: x)()", 0, "no place"),
        ("x.__class__.__mro__", 0, "no place"),
        ("sin(x)(y)", 0, "no place"),
        ("sin(*x)", 4, "no place"),
        ("sin(x=1)", 0, "takes one value"),
        ("(x := 3)", 1, "no place"),
        ("x\\ny", 1, "no place"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text: str, position: int, said: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text.replace("\\n", "\n"))
    assert said in str(caught.value)
    assert "Write it with x, y" in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["x" * 201, "(" * 90 + "x" + ")" * 90, "-" * 150 + "x", "sin(" * 45 + "x" + ")" * 45])
def test_a_formula_without_measure_is_refused(text: str) -> None:
    if text.startswith("((("):
        parse_formula(text)  # brackets alone are no depth
        return
    with pytest.raises(FormulaError, match=r"longer than 200|nested too deeply"):
        parse_formula(text)


def test_a_surface_of_ones_own_has_its_lowest_place_and_a_start_with_a_value() -> None:
    for formula, place in (
        ("(x-1)^2 + y^2 + 3", (1.0, 0.0)),
        ("log(x + 2)^2 + (y - 2)^2", (-1.0, 2.0)),
        ("x + y", (-4.0, -4.0)),
    ):
        surface = own_surface(formula)
        assert surface.minima[0] == pytest.approx(place, abs=1e-3)
        assert math.isfinite(at(surface, *surface.start))
    assert own_surface("x^2 + y^2") is own_surface("x^2 + y^2")
    for formula in ("sqrt(-1 - x^2)", "log(x - 3.9) + y"):
        with pytest.raises(FormulaError, match="hardly a finite value") as caught:
            own_surface(formula)
        assert caught.value.position is None
