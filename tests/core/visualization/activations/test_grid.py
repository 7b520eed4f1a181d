"""Grids: the statistics of naive loops, stable orders, pages that cut nothing off, and ranges that hold."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import numpy as np
import pytest

from core.visualization.activations.drawing import draw_grid
from core.visualization.activations.grid import (
    CHANNELS_PER_PAGE,
    FINE_VALUES,
    LIMIT,
    NORMALISATION,
    ORDER,
    PAGE,
    VALUES_PER_PAGE,
    Grid,
    GridView,
    Quantised,
    arrange,
    channels_per_page,
    page_of,
    quantise,
    statistics,
)
from core.visualization.colormaps import palette

Maps = np.ndarray


def random_maps(channels: int, height: int, width: int, low: float = -1, high: float = 2, seed: int = 0) -> Maps:
    return np.random.default_rng(seed).uniform(low, high, (channels, height, width)).astype(np.float32)


def rectified(channels: int, height: int, width: int, seed: int = 0) -> Maps:
    return np.maximum(random_maps(channels, height, width, seed=seed), 0)


def dead_among(maps: Maps, *dead: int) -> Maps:
    result = maps.copy()
    result[list(dead)] = 0
    return result


# --- statistics -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 1, 1), (9, 1, 6), (64, 14, 14)])
def test_statistics_are_those_of_a_naive_loop(shape: tuple[int, int, int]) -> None:
    maps = dead_among(rectified(*shape), 0) - (np.arange(shape[0]) % 2 * 0.25).astype(np.float32)[:, None, None]
    found = statistics(maps)
    for channel, values in enumerate(maps.tolist()):
        flat = [value for row in values for value in row]
        assert found.minimum[channel] == min(flat)
        assert found.maximum[channel] == max(flat)
        assert found.mean[channel] == pytest.approx(math.fsum(flat) / len(flat), rel=1e-5, abs=1e-7)
        assert found.sparsity[channel] == pytest.approx(sum(value == 0 for value in flat) / len(flat), rel=1e-6)
        assert found.dead[channel] == all(value == 0 for value in flat)


def test_statistics_do_not_depend_on_the_layout() -> None:
    """Layers with channels last come as views."""
    maps = random_maps(6, 5, 4)
    view = np.moveaxis(np.ascontiguousarray(np.moveaxis(maps, 0, 2)), 2, 0)
    for name in ("minimum", "maximum", "mean", "sparsity"):
        assert np.allclose(getattr(statistics(view), name), getattr(statistics(maps), name), rtol=1e-6)


def test_means_of_large_maps_are_exact_enough_to_print() -> None:
    maps = random_maps(2, 224, 224, low=0.9, high=1.1)
    exact = maps.astype(np.float64).mean((1, 2))
    assert np.allclose(statistics(maps).mean, exact, rtol=1e-6)


def test_only_a_channel_that_is_zero_everywhere_is_dead() -> None:
    maps = np.zeros((4, 224, 224), np.float32)
    maps[1, 223, 223] = 1e-30
    maps[2] = -0.0
    maps[3] = 1
    assert statistics(maps).dead.tolist() == [True, False, True, False]


# --- order --------------------------------------------------------------------------------------------------------


def naive_order(maps: Maps, key: str) -> list[int]:
    keys = {
        "index": lambda c: 0,
        "mean": lambda c: -float(maps[c].mean()),
        "maximum": lambda c: -float(maps[c].max()),
        "sparsity": lambda c: -int((maps[c] == 0).sum()),
    }
    return sorted(range(len(maps)), key=keys[key])  # Python's sort is stable


@pytest.mark.parametrize("order", ORDER.values)
def test_the_largest_come_first_and_equals_in_the_order_of_their_numbers(order: str) -> None:
    maps = np.random.default_rng(1).integers(0, 3, (40, 2, 2)).astype(np.float32)
    found = arrange(maps, GridView(order=order)).channels.tolist()
    assert found == naive_order(maps, order)
    assert len({float(maps[c].max()) for c in range(40)}) < 5  # many ties, or the test would not see an unstable sort


def test_maps_follow_their_channels() -> None:
    maps = random_maps(30, 3, 3)
    grid = arrange(maps, GridView(order="mean"))
    for index, channel in enumerate(grid.channels):
        assert np.array_equal(grid.maps[index], maps[channel])
    assert all(a >= b for a, b in pairwise(grid.maps.mean((1, 2))))


# --- pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "expected"), [(224, 32), (112, 128), (56, 512), (28, 512), (7, 512), (1, 512)])
def test_a_page_holds_few_large_maps_or_many_small_ones(side: int, expected: int) -> None:
    assert channels_per_page(side, side) == expected
    assert channels_per_page(side, side) * side * side <= VALUES_PER_PAGE


def test_a_page_holds_at_least_one_map() -> None:
    assert channels_per_page(2000, 2000) == 1
    assert channels_per_page(1, 12_000) == 133


@pytest.mark.parametrize("order", ["index", "maximum"])
@pytest.mark.parametrize(
    ("side", "channels"),
    [(224, 1), (224, 32), (224, 70), (112, 257), (56, 64), (56, 513), (56, 2048), (7, 512), (7, 2048), (1, 2048)],
)
def test_pages_show_each_channel_exactly_once(side: int, channels: int, order: str) -> None:
    values = np.random.default_rng(0).integers(1, 50, (channels, 1, 1)).astype(np.float32)
    maps = np.broadcast_to(values, (channels, side, side))
    size = min(CHANNELS_PER_PAGE, max(1, 32 * 224 * 224 // side**2))
    pages = [arrange(maps, GridView(order=order, page=page)) for page in range(1, -(-channels // size) + 1)]
    assert [grid.page for grid in pages] == list(range(1, len(pages) + 1))
    assert {grid.pages for grid in pages} == {len(pages)}
    assert [len(grid.channels) for grid in pages[:-1]] == [size] * (len(pages) - 1)
    shown = np.concatenate([grid.channels for grid in pages])
    assert sorted(shown.tolist()) == list(range(channels))
    assert shown.tolist() == naive_order(values, order)


def test_beyond_the_last_page_is_the_last_page() -> None:
    maps = random_maps(600, 1, 1)
    grid = arrange(maps, GridView(page=99))
    assert (grid.page, grid.pages) == (2, 2)
    assert grid.channels.tolist() == list(range(512, 600))


@pytest.mark.parametrize("order", ORDER.values)
def test_the_page_of_a_channel_is_where_it_is_found(order: str) -> None:
    maps = rectified(1300, 2, 1)
    pages = {page: set(arrange(maps, GridView(order=order, page=page)).channels.tolist()) for page in (1, 2, 3)}
    for channel in (0, 1, 511, 512, 700, 1299):
        view = GridView(order=order, page=3)  # the page it is looked at from does not matter
        assert channel in pages[page_of(maps, view, channel)]


# --- ranges -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("normalisation", NORMALISATION.values)
def test_ranges_are_what_they_are_called(normalisation: str, signed: bool) -> None:
    """From zero, or for signed maps symmetric about it, to the largest size in the channel, the layer, or as fixed."""
    maps = dead_among(random_maps(700, 2, 2, low=-3 if signed else 0), 5)
    view = GridView(normalisation=normalisation, limit=1.75, order="maximum", page=2)
    grid = arrange(maps, view)
    whole = max(abs(float(value)) for value in maps.ravel())
    for index, channel in enumerate(grid.channels.tolist()):
        own = max(abs(float(value)) for value in maps[channel].ravel())
        high = {"channel": own, "layer": whole, "fixed": 1.75}[normalisation]
        assert grid.high[index] == np.float32(high)
        assert grid.low[index] == (np.float32(-high) if signed else 0)
        assert grid.range_of(channel) == (-high if signed else 0.0, high)
    assert grid.signed is signed
    assert grid.range == (float(grid.low.min()), float(grid.high.max()))


def test_a_range_is_known_of_channels_on_other_pages() -> None:
    maps = random_maps(600, 1, 1, low=0)
    grid = arrange(maps, GridView(normalisation="channel", page=1))
    assert 599 not in grid.channels
    assert grid.range_of(599) == (0.0, float(maps[599, 0, 0]))


def test_whether_maps_are_signed_is_decided_for_the_whole_layer() -> None:
    """Else one page would be coloured on another map than the next."""
    maps = random_maps(513, 1, 1, low=0.1)
    maps[512] = -0.5
    assert arrange(maps, GridView(page=1)).signed
    assert arrange(maps, GridView(page=1)).range == (-float(maps.max()), float(maps.max()))


def test_what_is_negative_only_a_little_does_not_reach_further_down_than_up() -> None:
    """As SiLU and hard-swish leave it: the range is symmetric, so that zero stays in the neutral middle."""
    maps = random_maps(3, 4, 4, low=-0.2, high=5)
    low, high = arrange(maps, GridView()).range
    assert low == -high == -float(maps.max())


def test_dead_channels_are_counted_on_the_whole_layer() -> None:
    maps = dead_among(random_maps(600, 2, 2, low=0.1), 3, 200, 599)
    for page in (1, 2):
        assert np.flatnonzero(arrange(maps, GridView(page=page)).statistics.dead).tolist() == [3, 200, 599]
    assert arrange(maps, GridView(order="sparsity")).channels[:3].tolist() == [3, 200, 599]


def test_a_layer_that_is_zero_everywhere_can_be_arranged_and_drawn() -> None:
    grid = arrange(np.zeros((3, 4, 4), np.float32), GridView())
    assert grid.range == (0.0, 0.0)
    assert grid.statistics.dead.all()
    assert not any(quantise(grid).start)
    assert not any(quantise(grid).end)
    assert draw_grid(grid, "", "").size[0] > 0


# --- few bytes ------------------------------------------------------------------------------------------------------


def decode(packed: Quantised, shape: tuple[int, ...]) -> np.ndarray:
    """Return the values that the browser makes of it, in double precision, by the formula in the docstring."""
    codes = np.frombuffer(packed.codes, "<u2" if packed.levels == 65535 else "u1").reshape(shape).astype(np.float64)
    start, end = (np.asarray(edge, np.float64)[:, None, None] for edge in (packed.start, packed.end))
    return start + codes / packed.levels * (end - start)


def half_steps(packed: Quantised) -> np.ndarray:
    span = packed.end.astype(np.float64) - packed.start.astype(np.float64)
    return (span / packed.levels / 2)[:, None, None]


COARSE = (FINE_VALUES // 3136 + 1, 56, 56)  # just more values than are sent with 16 bits
FINE = (FINE_VALUES // 3136, 56, 56)


@pytest.mark.parametrize(("shape", "levels"), [(FINE, 65535), (COARSE, 255), ((512, 7, 7), 65535), ((3, 1, 1), 65535)])
def test_a_round_trip_is_off_by_half_a_step_at_most(shape: tuple[int, int, int], levels: int) -> None:
    grid = arrange(random_maps(*shape, low=-4), GridView(order="mean", normalisation="fixed"))
    packed = quantise(grid)
    assert packed.levels == levels
    assert len(packed.codes) == grid.maps.size * (2 if levels == 65535 else 1)
    error = np.abs(decode(packed, grid.maps.shape) - grid.maps)
    assert (error <= half_steps(packed) * 1.02 + 1e-12).all()  # 2 %: what float32 rounds off 16 bits
    assert levels == 255 or error.max() < 1e-4


def test_each_channel_spans_its_own_values() -> None:
    maps = random_maps(20, 6, 6) * np.geomspace(1e-6, 1e6, 20).astype(np.float32)[:, None, None]
    grid = arrange(maps, GridView(order="maximum"))
    packed = quantise(grid)
    assert np.array_equal(packed.start, maps.min((1, 2))[grid.channels])
    assert np.array_equal(packed.end, maps.max((1, 2))[grid.channels])
    assert (np.abs(decode(packed, grid.maps.shape) - grid.maps) <= half_steps(packed) * 1.02).all()


@pytest.mark.parametrize("value", [0.0, 3.25, -1e-20, 1e30])
def test_a_constant_channel_comes_back_exactly(value: float) -> None:
    maps = np.full((2, 3, 3), value, np.float32)
    maps[1] = random_maps(1, 3, 3)[0]
    grid = arrange(maps, GridView())
    assert (decode(quantise(grid), grid.maps.shape)[0] == np.float32(value)).all()


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1e-20), (-1e-30, 1e-30), (0, 1e-36), (0, 1e-42), (0, 1e30), (-1e38, 1e38), (-3e38, 3e38)]
)
def test_values_of_any_size_survive_the_round_trip(low: float, high: float) -> None:
    """Also where a step, or a span, is beyond what float32 can hold."""
    shares = np.linspace(0, 1, 50).reshape(1, 10, 5)
    with np.errstate(over="ignore"):  # of the mean
        grid = arrange((low + shares * high - shares * low).astype(np.float32), GridView())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        packed = quantise(grid)
    assert (np.abs(decode(packed, grid.maps.shape) - grid.maps) <= half_steps(packed) * 1.02).all()


def test_bytes_are_little_endian_row_by_row_map_by_map() -> None:
    maps = np.array([[[0, 1], [2, 65535]], [[65535, 0], [0, 256]]], np.float32)
    packed = quantise(arrange(maps, GridView()))
    assert packed.codes == bytes([0, 0, 1, 0, 2, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 1])


# --- numbers that are none ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("normalisation", NORMALISATION.values)
def test_one_bad_value_does_not_take_the_other_maps_with_it(bad: float, normalisation: str) -> None:
    """A network that overflows is a lesson too: the maps that are sound are shown, on a range that is finite."""
    maps = random_maps(4, 5, 5, low=0.1)
    maps[2, 1, 1] = bad
    grid = arrange(maps, GridView(normalisation=normalisation))
    assert all(math.isfinite(end) for end in grid.range)
    sound = [index for index, channel in enumerate(grid.channels) if channel != 2]
    with np.errstate(all="ignore"):
        decoded = decode(quantise(grid), grid.maps.shape)
    assert np.allclose(decoded[sound], grid.maps[sound], atol=1e-4)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_values_do_not_stop_a_grid_from_being_drawn(bad: float) -> None:
    maps = random_maps(4, 5, 5, low=0.1)
    maps[2, 1, 1] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grid = arrange(maps, GridView(order="maximum", normalisation="channel"))
        image = draw_grid(grid, "", "")
    assert image.size[0] > 0


# --- views --------------------------------------------------------------------------------------------------------


def test_the_defaults_are_the_settings() -> None:
    view = GridView()
    assert (view.order, view.normalisation, view.limit, view.page) == ("index", "layer", 1.0, 1)
    assert (view.order, view.normalisation, view.limit, view.page) == (
        ORDER.default,
        NORMALISATION.default,
        LIMIT.default,
        PAGE.default,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": "size"},
        {"order": ""},
        {"normalisation": "global"},
        {"limit": 0.0},
        {"limit": -1.0},
        {"limit": math.nan},
        {"limit": math.inf},
        {"page": 0},
        {"page": -3},
    ],
)
def test_a_view_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        GridView(**wrong)  # type: ignore[arg-type]


def test_views_are_values() -> None:
    assert GridView(page=2) == GridView(page=2)
    assert len({GridView(), GridView(), GridView(page=2)}) == 2
    with pytest.raises(AttributeError):
        GridView().page = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        GridView("mean")  # type: ignore[misc]


def test_a_grid_lends_its_colours_and_ranges_consistently() -> None:
    """What is drawn uses the palette that the sign of the layer asks for."""
    grid: Grid = arrange(random_maps(1, 1, 1, low=0.5), GridView())
    pixel = draw_grid(grid, "", "").getpixel((16 + 10, 16 + 28 + 10))
    assert pixel == tuple(palette(False)[255].tolist())
