"""Between the centres of its cells a map says what PyTorch says when it enlarges it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.visualization.colormaps import colour, palette
from tests.browser.canvas.batches import each
from tests.browser.canvas.canvas_modules import CanvasModules

SAMPLING = "attribution_maps/sampling.js"
PAINT = """(module, [size, map, lut]) => {
  const pixels = new Uint8ClampedArray(4 * size * size);
  module.paintInto(pixels, size, map, lut);
  return pixels;
}"""
SHAPES = pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 1), (4, 3), (16, 16)])


def sampled(shape: tuple[int, int]) -> tuple[torch.Tensor, dict[str, object]]:
    """Return a map, and the same as its component has it."""
    values = torch.rand(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 2 - 0.8
    return values, {"h": shape[0], "w": shape[1], "values": values.flatten().tolist()}


def enlarged(values: torch.Tensor, size: int) -> np.ndarray:
    """Return a map as networks enlarge it."""
    found = F.interpolate(values[None, None], size=(size, size), mode="bilinear", align_corners=False)
    return found[0, 0].numpy()


@SHAPES
@pytest.mark.parametrize("size", [5, 24])
def test_a_map_is_read_as_pytorch_enlarges_it(modules: CanvasModules, shape: tuple[int, int], size: int) -> None:
    values, own = sampled(shape)
    centres = ((np.arange(size) + 0.5) / size).tolist()
    found = each(modules, SAMPLING, "valueAt", [[own, y, x] for y in centres for x in centres])
    assert np.reshape(found, (size, size)) == pytest.approx(enlarged(values, size))


@SHAPES
def test_beyond_the_outermost_centres_a_map_stays_as_it_is(modules: CanvasModules, shape: tuple[int, int]) -> None:
    values, own = sampled(shape)
    found = each(modules, SAMPLING, "valueAt", [[own, y, x] for y in (-1, 0, 1, 2) for x in (-1, 0, 1, 2)])
    corners = values[[0, 0, -1, -1]][:, [0, 0, -1, -1]]
    assert np.reshape(found, (4, 4)) == pytest.approx(corners.numpy())


@pytest.mark.parametrize(("low", "high", "signed"), [(-1.0, 1.0, True), (0.0, 0.9, False), (0.0, 0.0, True)])
def test_a_painted_map_is_opaque_and_coloured_as_on_the_server(
    modules: CanvasModules, low: float, high: float, signed: bool
) -> None:
    values, own = sampled((4, 3))
    painted = {**own, "low": low, "high": high, "signed": signed}
    found = modules.run(SAMPLING, PAINT, [11, painted, palette(signed).ravel().tolist()])
    pixels = np.reshape(found, (11, 11, 4))
    assert np.array_equal(pixels[..., :3], colour(enlarged(values, 11), low, high, signed))
    assert (pixels[..., 3] == 255).all()
