"""A surface of one's own: a formula with a box, a start, and its lowest place, found by looking."""

from __future__ import annotations

import functools

import numpy as np

from core.i18n import N_
from core.optimization.surfaces.formula import FormulaError, parse_formula
from core.optimization.surfaces.grid import on_grid
from core.optimization.surfaces.registry import Point, Surface

OWN = "own"
EXAMPLE = "(x^2 - 4)^2/8 + y^2 + sin(3*x*y)/2"
BOX = (-4.0, 4.0, -4.0, 4.0)
SIDE = 161
STARTS: tuple[Point, ...] = ((-3.5, 3.0), (3.0, 3.0), (1.0, 1.0))


@functools.lru_cache(maxsize=64)
def own_surface(formula: str) -> Surface:
    """Return the surface that a formula in x and y describes, on a box of 8 × 8 around zero.

    Its one minimum is the lowest place of the box, as well as a grid and a local search from its best point find it.
    Raises `FormulaError` for what is no formula, or has hardly a finite value in the box.
    """
    from scipy.optimize import minimize

    function = parse_formula(formula)
    heights = on_grid(function, BOX, {}, SIDE)
    if np.isfinite(heights).mean() < 0.1:
        raise FormulaError(
            N_("The formula has hardly a finite value where x and y lie between {low:.0f} and {high:.0f}."),
            N_("Keep logarithms, roots and divisors away from what is not allowed there."),
            low=BOX[0],
            high=BOX[1],
        )

    def height(place: np.ndarray) -> float:
        value = on_grid(function, (place[0], place[0], place[1], place[1]), {}, 1)[0, 0]
        return float(value) if np.isfinite(value) else float("inf")

    row, column = np.unravel_index(np.nanargmin(heights), heights.shape)
    step = (BOX[1] - BOX[0]) / (SIDE - 1)
    best = np.array([BOX[0] + column * step, BOX[2] + row * step])
    found = minimize(height, best, method="Nelder-Mead", bounds=[BOX[:2], BOX[2:]], options={"xatol": 1e-8}).x
    start = next((place for place in STARTS if np.isfinite(height(np.array(place)))), (float(best[0]), float(best[1])))
    return Surface(
        name=OWN,
        title=N_("Your own formula"),
        idea=N_("Yours: the star is the lowest place that was found in the box."),
        formula=formula,
        function=function,
        box=BOX,
        start=start,
        minima=((float(found[0]), float(found[1])),),
    )
