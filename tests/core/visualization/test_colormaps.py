"""Colours: known ends of the colour maps, a neutral middle for zero, and each value where a naive loop puts it."""

from __future__ import annotations

import warnings

import cmap
import numpy as np
import pytest

from core.visualization.colormaps import DIVERGING, SEQUENTIAL, colour, is_signed, palette

VIRIDIS = {0: (68, 1, 84), 127: (33, 144, 141), 255: (253, 231, 37)}  # as matplotlib publishes it
VIK = {0: (0, 18, 97), 255: (89, 0, 8)}  # as F. Crameri publishes it


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


# --- palettes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signed", "published"), [(False, VIRIDIS), (True, VIK)])
def test_palettes_are_the_published_ones(signed: bool, published: dict[int, tuple[int, int, int]]) -> None:
    found = palette(signed)
    assert found.shape == (256, 3)
    assert found.dtype == np.uint8
    for place, rgb in published.items():
        assert np.abs(found[place].astype(int) - rgb).max() <= 1


@pytest.mark.parametrize(("signed", "name"), [(False, SEQUENTIAL), (True, DIVERGING)])
def test_ends_are_the_colour_maps_own(signed: bool, name: str) -> None:
    for place, share in ((0, 0.0), (255, 1.0)):
        assert tuple(palette(signed)[place]) == tuple(cmap.Colormap(name)(share).rgba8[:3])


def test_palettes_cannot_be_changed() -> None:
    for signed in (False, True):
        with pytest.raises(ValueError, match="read-only"):
            palette(signed)[0] = 0


def luminance(rgb: np.ndarray) -> np.ndarray:
    linear = (rgb / 255) ** 2.2
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def test_the_sequential_map_only_grows_brighter() -> None:
    assert (np.diff(luminance(palette(False))) > -1e-3).all()
    assert np.ptp(luminance(palette(False))) > 0.7


def test_the_diverging_map_is_neutral_and_brightest_in_the_middle() -> None:
    found = palette(True).astype(int)
    for middle in (127, 128):
        assert np.ptp(found[middle]) < 20  # nearly grey
        assert found[middle].min() > 200  # and light
    assert 110 < int(luminance(found).argmax()) < 145
    assert np.ptp(found[40]) > 80
    assert np.ptp(found[215]) > 80


def test_below_zero_is_blue_and_above_it_red() -> None:
    below, above = palette(True)[70].astype(int), palette(True)[185].astype(int)
    assert below[2] - below[0] > 40
    assert above[0] - above[2] > 40


# --- values to colours ----------------------------------------------------------------------------------------------


def naive(value: float, low: float, high: float, signed: bool) -> tuple[int, int, int]:
    """Return the colour of one value: the nearest of 256 equal steps from `low` to `high`."""
    if value <= low:
        step = 0
    elif value >= high:
        step = 255
    else:
        step = round((value - low) / (high - low) * 255)
    red, green, blue = palette(signed)[step].tolist()
    return red, green, blue


@pytest.mark.parametrize(("low", "high", "signed"), [(0.0, 1.0, False), (0.0, 0.37, False), (-2.5, 2.5, True)])
def test_each_value_is_where_a_naive_loop_puts_it(low: float, high: float, signed: bool) -> None:
    generator = np.random.default_rng(0)
    found = generator.uniform(low - 1, high + 1, (7, 11)).astype(np.float32)
    result = colour(found, low, high, signed)
    assert result.shape == (7, 11, 3)
    assert result.dtype == np.uint8
    for row in range(7):
        for column in range(11):
            assert tuple(result[row, column].tolist()) == naive(float(found[row, column]), low, high, signed)


def test_the_ends_of_the_range_take_the_ends_of_the_palette_and_beyond_is_clipped() -> None:
    result = colour(values(-5, -3, 3, 5, -1e30, 1e30), -3, 3, True)
    assert result.tolist() == palette(True)[[0, 0, 255, 255, 0, 255]].tolist()


def test_zero_is_neutral_on_a_signed_range() -> None:
    (zero,) = colour(values(0), -7, 7, True)
    assert zero.tolist() in palette(True)[[127, 128]].tolist()


def test_zero_is_neutral_also_where_all_is_zero() -> None:
    """A dead channel of a signed layer, on a range of its own: it is not the most negative of all."""
    (zero,) = colour(values(0), -0.0, 0.0, True)
    assert zero.tolist() in palette(True)[[127, 128]].tolist()


def test_zero_is_darkest_where_nothing_is_negative() -> None:
    assert colour(values(0, 0), 0, 0, False).tolist() == palette(False)[[0, 0]].tolist()
    assert colour(values(0, 0), 0, 4, False).tolist() == palette(False)[[0, 0]].tolist()


@pytest.mark.parametrize("high", [1e-30, 1e-6, 1e6, 1e30])
def test_the_size_of_the_range_does_not_matter(high: float) -> None:
    shares = np.linspace(0, 1, 52, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = colour((shares * high).astype(np.float32), 0, high, False)
    assert np.abs(found.astype(int) - colour(shares, 0, 1, False)).max() <= 8  # one step of the palette


def test_its_argument_stays_as_it_is() -> None:
    found = values(1, 2, 3)
    colour(found, 0, 2, False)
    assert found.tolist() == [1, 2, 3]


# --- signs ------------------------------------------------------------------------------------------------------------


def test_signed_means_that_a_value_is_negative() -> None:
    assert is_signed(values(0, 1, -1e-20))
    assert not is_signed(values(0, 1, 1e-20))
    assert not is_signed(values(-0.0, 0.0))
    assert not is_signed(values())
