"""Grad-CAM of the top class on the last stage, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.architectures.features import concatenate, extract_features, stage_ends
from core.images.picture import of_image
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.attribution.base import AttributionRequest
from core.visualization.attribution.drawing import overlay
from core.visualization.attribution.methods import attribute

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

METHOD = "grad_cam"


@dataclass(frozen=True, eq=False)
class TopClassAttribution:
    """The first answer, a class by its place, with its `probability`, and its evidence, `map` (height, width).

    `image` is the map over the picture, with colours from `low` to `high`.
    """

    image: Image.Image
    map: NDArray[np.float32]
    answer: int
    probability: float
    low: float
    high: float


def attribute_top_class(pixels: NDArray[np.uint8], backbone: Backbone) -> TopClassAttribution:
    """Return the evidence in a picture (height, width, 3) for the answer that a network gives to it."""
    from scipy.special import softmax

    seen = fit_to_input(of_image(Image.fromarray(pixels)), backbone.preprocessing).image
    logits = concatenate(list(extract_features(backbone, np.asarray(seen, dtype=np.uint8)[None].copy()))).logits[0]
    answer = int(logits.argmax())
    layer = list(stage_ends(backbone).values())[-1]
    batch = to_array(seen, backbone.preprocessing)
    found = attribute(AttributionRequest(backbone=backbone, batch=batch, targets=(answer,), layer=layer), METHOD)
    low, high = found.range
    drawn = overlay(seen, found.of(answer), found.range, found.signed)
    return TopClassAttribution(drawn, found.of(answer), answer, float(softmax(logits)[answer]), low, high)
