"""The evidence for a network's first answer to a picture at hand, in one call: Grad-CAM on the last stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.architectures.features import extract, joined, stage_ends
from core.images.picture import of_image, received, to_array
from core.visualization.attribution.base import Scene
from core.visualization.attribution.drawing import overlay
from core.visualization.attribution.methods import attribute

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

METHOD = "grad_cam"


@dataclass(frozen=True, eq=False)
class SeenEvidence:
    """The first answer, a class by its place, with its `probability`, and its evidence, `map` (height, width).

    `image` is the map over the picture, with colours from `low` to `high`.
    """

    image: Image.Image
    map: NDArray[np.float32]
    answer: int
    probability: float
    low: float
    high: float


def seen_evidence(pixels: NDArray[np.uint8], backbone: Backbone) -> SeenEvidence:
    """Return the evidence in a picture (height, width, 3) for the answer that a network gives to it."""
    from scipy.special import softmax

    seen = received(of_image(Image.fromarray(pixels)), backbone.preprocessing).image
    logits = joined(list(extract(backbone, np.asarray(seen, dtype=np.uint8)[None].copy()))).logits[0]
    answer = int(logits.argmax())
    layer = list(stage_ends(backbone).values())[-1]
    batch = to_array(seen, backbone.preprocessing)
    found = attribute(Scene(backbone=backbone, batch=batch, targets=(answer,), layer=layer), METHOD)
    low, high = found.range
    drawn = overlay(seen, found.of(answer), found.range, found.signed)
    return SeenEvidence(drawn, found.of(answer), answer, float(softmax(logits)[answer]), low, high)
