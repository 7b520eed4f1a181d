"""The configuration and the events of an activation maximisation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.architectures.zoo.backbones import BACKBONES
from core.encoding import jpeg_bytes
from core.events import Event
from core.visualization.feature_visualization.objectives import Objective
from core.visualization.feature_visualization.random_transforms import Robustness

if TYPE_CHECKING:
    pass


Pixels = NDArray[np.uint8]


STEPS_AT_MOST = 2000


PICTURES_AT_MOST = 16


FRAMES = 48  # of a run that is shown, at most


FRAME_QUALITY = 90  # of the JPEG that a frame on the way is; the end comes with every pixel


ROBUST = Robustness(jitter=0.15, scale=0.3, rotate=15.0)


@dataclass(frozen=True, kw_only=True)
class Maximisation:
    """What is to be made, and how.

    `backbone`, `weights` and `weights_seed` name the network. `parametrisation` is "pixel" or "fourier"; with
    `decorrelated` the colours are those that are uncorrelated in photographs. `rate` is Adam's learning rate. The
    gradient of the objective by the pixels is scaled to a mean square of 1, so that `total_variation`, which smooths,
    and `decay`, which draws to mid-grey, weigh the same against every objective. Of several `pictures`, `diversity`
    weighs how unlike each other they are to be. `seed` draws the first noise and all random changes. Steps are computed
    in bfloat16 where the processor is made for it, unless they are to be `precise`; pictures are judged in float32 in
    any case. Raises `ValueError` for numbers that make no picture, `UserError` for an unknown backbone.
    """

    backbone: str
    objective: Objective
    weights: str = "embedded"
    weights_seed: int = 0
    parametrisation: str = "fourier"
    decorrelated: bool = True
    robustness: Robustness = ROBUST
    total_variation: float = 0.08
    decay: float = 0.0
    rate: float = 0.1
    steps: int = 128
    pictures: int = 1
    diversity: float = 0.0
    seed: int = 0
    precise: bool = False

    def __post_init__(self) -> None:
        BACKBONES[self.backbone]
        counts = 1 <= self.steps <= STEPS_AT_MOST and 1 <= self.pictures <= PICTURES_AT_MOST
        weights = (self.total_variation, self.decay, self.diversity)
        if not counts or not self.rate > 0 or not all(math.isfinite(weight) and weight >= 0 for weight in weights):
            raise ValueError(f"{self} makes no picture")
        if self.parametrisation not in {"pixel", "fourier"}:
            raise ValueError(f"{self.parametrisation!r} is no parametrisation")

    @property
    def frame_every(self) -> int:
        """Return after how many steps the pictures are judged and shown."""
        return max(1, math.ceil(self.steps / FRAMES))


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame(Event):
    """How pictures in the making look after `step` steps.

    `pictures` are their JPEGs; `scores` what the objective says of them as they are, unchanged by the random changes,
    `seen` what it said, on average since the frame before, of what the network saw. `best` are the highest scores so
    far and `best_steps` when those were reached. All have one entry a picture.
    """

    pictures: tuple[bytes, ...]
    scores: tuple[float, ...]
    seen: tuple[float, ...]
    best: tuple[float, ...]
    best_steps: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Made(Frame):
    """The end: the best pictures, uint8 (pictures, side, side, 3), and what the whole network answers to each.

    `logits` are float32 (pictures, classes): of the pictures as they are, with the network's own preprocessing.
    """

    pixels: Pixels
    logits: NDArray[np.float32]


def to_jpeg(pixels: Pixels) -> bytes:
    """Return a picture, uint8 (height, width, 3), as a JPEG."""
    return jpeg_bytes(Image.fromarray(pixels), quality=FRAME_QUALITY, subsampling=0)
