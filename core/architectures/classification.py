"""Classifies an image with a backbone, and measures how long that takes."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.compute import permit
from core.hooks import borrow
from core.images.picture import Picture
from core.images.preprocessing import Fit, fit_to_input, to_array

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

RUNS = 5  # at most
SECONDS = 1.5  # from when on no further run begins


@dataclass(frozen=True, eq=False)
class Classification:
    """The logits, float32 (classes,), and the median time of a forward pass in milliseconds, one thread."""

    logits: NDArray[np.float32]
    milliseconds: float


def classify(backbone: Backbone, picture: Picture, fit: Fit = "crop") -> Classification:
    """Return the answer to a picture; the network passes it a few times, the first of which does not count."""
    import torch

    batch = torch.from_numpy(to_array(fit_to_input(picture, backbone.preprocessing, fit).image, backbone.preprocessing))
    taken: list[float] = []
    with borrow(backbone.model), permit(), torch.inference_mode():
        end = time.perf_counter() + SECONDS
        logits = backbone.model(batch)[0].numpy()
        while not taken or (len(taken) < RUNS and time.perf_counter() < end):
            begin = time.perf_counter()
            backbone.model(batch)
            taken.append(time.perf_counter() - begin)
    return Classification(np.array(logits), 1000 * statistics.median(taken))
