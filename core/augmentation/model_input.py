"""The network's input of a sample: resized, cropped, normalised, with the histogram of each channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images.picture import of_image
from core.images.preprocessing import Preprocessing, fit_to_input, to_array

BINS = 48
ROUNDING = 1e-5  # of float32: black and white are inside
CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class ModelView:
    """What arrives: `image` before normalisation, `values` (3, height, width) after it.

    `counts` (3, bins) are shares of the pixels between the `edges` (bins + 1,), `means` and `deviations` (3,) those of
    each channel.
    """

    image: Image.Image
    values: NDArray[np.float32]
    edges: NDArray[np.float64]
    counts: NDArray[np.float64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]

    @property
    def range(self) -> tuple[float, float]:
        """Return the least and the greatest value."""
        return float(self.values.min()), float(self.values.max())


def model_input(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> ModelView:
    """Return what a network receives of a sample (height, width, 3)."""
    seen = fit_to_input(of_image(Image.fromarray(pixels)), preprocessing).image
    values = to_array(seen, preprocessing)[0]
    low = min((0 - mean) / std for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True))
    high = max((1 - mean) / std for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True))
    edges = np.linspace(low - ROUNDING, high + ROUNDING, BINS + 1)
    counts = np.stack([np.histogram(channel, edges)[0] / channel.size for channel in values])
    flat = values.reshape(3, -1).astype(np.float64)
    return ModelView(seen, values, edges, counts, flat.mean(1), flat.std(1))
