"""Codes become the values they stand for, and the colours that the server gives these."""

from __future__ import annotations

import numpy as np
import pytest

from core.visualization.activations import grid
from core.visualization.activations.grid import Quantised, encode
from core.visualization.colormaps import colour, palette
from core.visualization.filters.drawing import kernel_colours
from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

ATLAS = "map_grid/map_pixels.js"
FILL = """async (module, [coded, codes, lut]) => {
  const { packedColours } = await import('/shared/colormap.js');
  const stride = module.mapsAcross(coded.n) * coded.w;
  const pixels = new Uint32Array(stride * coded.h * Math.ceil(coded.n / module.mapsAcross(coded.n)));
  const own = coded.levels === 255 ? new Uint8Array(codes) : new Uint16Array(codes);
  module.fillAtlas(pixels, stride, coded, packedColours(lut), own);
  return [stride, Array.from(new Uint8Array(pixels.buffer))];
}"""
LEVELS = pytest.mark.parametrize("levels", [255, 65535])


def random_maps(*shape: int) -> np.ndarray:
    """Return maps on both sides of 0."""
    return np.random.default_rng(4).normal(size=shape).astype(np.float32)


def code(maps: np.ndarray, levels: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Quantised, list[int], np.ndarray]:
    """Return maps as they are sent: the record, its codes, and the values that these stand for."""
    monkeypatch.setattr(grid, "FINE_VALUES", 0 if levels == 255 else 10**6)
    flat = maps.reshape(len(maps), -1)
    coded = encode(maps.reshape(len(maps), -1, maps.shape[-1]), flat.min(1), flat.max(1))
    assert coded.levels == levels
    codes = np.frombuffer(coded.codes, "u1" if levels == 255 else "<u2").reshape(maps.shape)
    start, end = (edge.astype(float).reshape(-1, *[1] * (maps.ndim - 1)) for edge in (coded.start, coded.end))
    return coded, codes.ravel().tolist(), start + codes * (end - start) / levels


def head_of(coded: Quantised, maps: np.ndarray, reach: np.ndarray, signed: bool) -> dict[str, object]:
    """Return the head of the maps' payload, with a range of colours up to `reach`."""
    low = -reach if signed else 0 * reach
    return {
        **dict(zip(("n", "h", "w"), (len(maps), *maps.shape[-2:]), strict=True)),
        "planes": 3 if maps.ndim == 4 else 1,
        "levels": coded.levels,
        "from": coded.start.tolist(),
        "to": coded.end.tolist(),
        "low": low.tolist(),
        "high": reach.tolist(),
        "signed": signed,
    }


def cut(stride: int, data: list[int], n: int, h: int, w: int) -> np.ndarray:
    """Return the maps of an atlas, (n, h, w, 4)."""
    rows = np.reshape(data, (-1, h, stride // w, w, 4)).swapaxes(1, 2)
    return rows.reshape(-1, h, w, 4)[:n]


@LEVELS
def test_a_code_stands_for_the_value_it_was_made_of(
    modules: CanvasModules, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    maps = random_maps(3, 4, 5)
    maps[1] = 0.25
    coded, codes, _ = code(maps, levels, monkeypatch)
    head = head_of(coded, maps, np.ones(3), True)
    found = each(modules, ATLAS, "decode", [[head, place // 20, number] for place, number in enumerate(codes)])
    worst = float(np.ptp(maps)) / levels
    assert np.reshape(found, maps.shape) == pytest.approx(maps, abs=0.51 * worst)


@LEVELS
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 3, 4), (9, 1, 2)])
def test_maps_have_their_colours_side_by_side(
    modules: CanvasModules, monkeypatch: pytest.MonkeyPatch, levels: int, signed: bool, shape: tuple[int, int, int]
) -> None:
    maps = random_maps(*shape)
    reach = np.linspace(0.5, 3, len(maps))
    coded, codes, values = code(maps, levels, monkeypatch)
    head = head_of(coded, maps, reach, signed)
    pixels = cut(*modules.run(ATLAS, FILL, [head, codes, palette(signed).ravel().tolist()]), *shape)
    expected = [
        colour(own, -top if signed else 0.0, top, signed) for own, top in zip(values, reach.tolist(), strict=True)
    ]
    assert np.array_equal(pixels[..., :3], expected)
    assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize("signed", [False, True])
def test_a_map_without_a_range_has_the_colour_of_zero(
    modules: CanvasModules, monkeypatch: pytest.MonkeyPatch, signed: bool
) -> None:
    maps = np.zeros((2, 2, 2), np.float32)
    coded, codes, _ = code(maps, 65535, monkeypatch)
    head = head_of(coded, maps, np.zeros(2), signed)
    pixels = cut(*modules.run(ATLAS, FILL, [head, codes, palette(signed).ravel().tolist()]), 2, 2, 2)
    assert np.array_equal(pixels[..., :3], colour(maps, 0, 0, signed))


@LEVELS
def test_kernels_of_three_channels_are_colours(
    modules: CanvasModules, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    kernels = random_maps(3, 3, 2, 4)
    kernels[2] = 0
    reach = np.array([0.5, 2.0, 0.0])
    coded, codes, values = code(kernels, levels, monkeypatch)
    head = head_of(coded, kernels, reach, True)
    pixels = cut(*modules.run(ATLAS, FILL, [head, codes, palette(True).ravel().tolist()]), 3, 2, 4)
    expected = [kernel_colours(own, top) for own, top in zip(values, reach.tolist(), strict=True)]
    assert np.array_equal(pixels[..., :3], expected)
    assert (pixels[..., 3] == 255).all()


def test_the_line_of_a_map_leads_from_its_codes_to_the_table(modules: CanvasModules) -> None:
    head = {"from": [-1], "to": [3], "low": [-2], "high": [2], "levels": 255, "signed": True}
    line = modules.call(ATLAS, "lineOf", head, 0)
    assert line["start"] == pytest.approx(255 / 4 + 0.5)
    assert line["start"] + 255 * line["slope"] == pytest.approx(255 * 5 / 4 + 0.5)


def test_an_atlas_is_a_square_of_maps(modules: CanvasModules) -> None:
    counts = [1, 2, 4, 5, 9, 10, 512]
    assert each(modules, ATLAS, "mapsAcross", [[n] for n in counts]) == [1, 2, 2, 3, 3, 4, 23]
