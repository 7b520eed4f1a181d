"""Values get the colours that the server gives them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.visualization.colormaps import colour, palette
from core.visualization.receptive_field.drawing import heat
from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

COLOURS, SHADE, PLANE = "shared/colormap.js", "cell_arithmetic/square_colours.js", "line_chart/boundary_colours.js"
VALUES = np.array([*np.random.default_rng(1).uniform(-3, 4, 300), 0, -np.inf, np.inf, np.nan])
RANGES = [(-2.0, 2.0, True), (0.0, 3.0, False), (-1e-30, 1e-30, True), (1.5, 1.5, True), (1.5, 1.5, False)]


@pytest.mark.parametrize(("low", "high", "signed"), RANGES)
def test_a_value_has_the_colour_that_the_server_gives_it(
    modules: CanvasModules, low: float, high: float, signed: bool
) -> None:
    cases = [[value, {"low": low, "high": high, "signed": signed}] for value in VALUES.tolist()]
    found = palette(signed)[each(modules, COLOURS, "colourIndex", cases)]
    assert np.array_equal(found, colour(VALUES, low, high, signed))


@pytest.mark.parametrize(("low", "high"), [(-2.0, 2.0), (0.0, 3.0), (1.5, 1.5), (2.0, -2.0)])
def test_a_square_has_the_colour_that_the_server_gives_it(modules: CanvasModules, low: float, high: float) -> None:
    values = [*VALUES.tolist(), math.nan]
    code = "(module, [lut, low, high, values]) => values.map((value) => module.colourOf(lut, value, low, high))"
    found = modules.run(SHADE, code, [palette(False).ravel().tolist(), low, high, values])
    assert np.array_equal(found, colour(np.array(values), low, high, False))


@pytest.mark.parametrize("reach", [0.01, 2.0, 1e30])
def test_a_weight_has_its_colour_around_zero(modules: CanvasModules, reach: float) -> None:
    weights = VALUES * reach
    found = each(modules, COLOURS, "signedIndex", [[weight, reach] for weight in weights.tolist()])
    assert np.array_equal(palette(True)[found], colour(weights, -reach, reach, True))


def test_a_weight_of_a_kernel_of_zeros_has_the_colour_of_zero(modules: CanvasModules) -> None:
    assert modules.call(COLOURS, "signedIndex", 0, 0) == modules.call(COLOURS, "signedIndex", 0, 1)


def test_a_gradient_is_as_opaque_as_in_the_figure(modules: CanvasModules) -> None:
    gradient = np.random.default_rng(2).exponential(1e-3, (8, 8)).astype(np.float32)
    gradient[0, :4] = [0, np.inf, np.nan, gradient[1:].max() * 2]
    top = modules.call(COLOURS, "largest", gradient.ravel().tolist())
    assert top == gradient[0, 3]
    found = each(modules, COLOURS, "heatLevel", [[value, top] for value in gradient.ravel().tolist()])
    assert np.array_equal(np.reshape(found, (8, 8)), heat(gradient)[..., 3])


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 0), ([-3, -1], 0), ([math.nan, math.inf], 0), ([2, math.nan, 5, -math.inf, math.inf, 3], 5)],
)
def test_the_largest_value_is_finite_and_not_negative(modules: CanvasModules, values: list[float], top: float) -> None:
    assert modules.call(COLOURS, "largest", values) == top


def test_beyond_a_range_is_its_end(modules: CanvasModules) -> None:
    cases = [[value, -2.0, 1.5] for value in VALUES[:-1].tolist()]
    assert each(modules, COLOURS, "clamp", cases) == np.clip(VALUES[:-1], -2.0, 1.5).tolist()


@pytest.mark.parametrize("signed", [True, False])
def test_packed_colours_are_opaque_pixels(modules: CanvasModules, signed: bool) -> None:
    code = "(module, lut) => new Uint8Array(module.packedColours(lut).buffer)"
    found = np.reshape(modules.run(COLOURS, code, palette(signed).ravel().tolist()), (256, 4))
    assert np.array_equal(found[:, :3], palette(signed))
    assert (found[:, 3] == 255).all()


def test_a_plane_is_orange_then_paper_then_blue(modules: CanvasModules) -> None:
    colours = np.array(each(modules, PLANE, "planeColour", [[byte] for byte in range(256)]))
    opacity = colours[:, 3]
    assert (colours[:128, :3] == (0xD5, 0x5E, 0x00)).all()
    assert (colours[128:, :3] == (0x00, 0x72, 0xB2)).all()
    assert opacity == pytest.approx(opacity[::-1])
    assert (np.diff(opacity[128:]) > 0).all()
    assert 0 <= opacity[128] < 1
    assert opacity[255] == pytest.approx(255 * 9 / 16)


def test_the_lower_a_band_the_more_ink_it_has(modules: CanvasModules) -> None:
    ink = each(modules, "surface_race/flat_places.js", "bandInk", [[band, 18] for band in range(18)])
    assert (np.diff(ink) < 0).all()
    assert (ink[0], ink[-1]) == pytest.approx((0.44, 0.04))
    assert modules.call("surface_race/flat_places.js", "bandInk", 3, 5) == pytest.approx(0.04 + 0.4 / 8)


def test_light_takes_ink_from_light_paper_and_gives_it_to_dark_paper(modules: CanvasModules) -> None:
    light = np.linspace(0, 1.5, 16).tolist()
    for is_dark in (False, True):
        cases = [[ink, shine, is_dark] for ink in (0, 0.1, 0.44, 3) for shine in light]
        amounts = np.reshape(each(modules, "surface_race/rasterizer.js", "inkAmount", cases), (4, 16))
        assert amounts.min() >= 0
        assert amounts.max() == 1
        assert (np.diff(amounts, axis=0) >= 0).all()
        steps = np.diff(amounts[1:3], axis=1) * (1 if is_dark else -1)
        assert (steps >= 0).all()
        assert (steps[0, :5] > 0).all()


@pytest.mark.parametrize(
    ("ink", "light", "is_dark", "amount"),
    [(0.3, 1, False, 0.3), (0.3, 0, False, 0.64), (0.4, 0, True, 0.3), (0.4, 1, True, 0.6), (0, 2, False, 0)],
)
def test_the_amount_of_ink_of_a_place(
    modules: CanvasModules, ink: float, light: float, is_dark: bool, amount: float
) -> None:
    assert modules.call("surface_race/rasterizer.js", "inkAmount", ink, light, is_dark) == pytest.approx(amount)
