"""Invariance of the predictions: under one swept transform, and over random augmentations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.augmentation.sampling import array_of, tensor_of
from core.i18n import N_
from core.images.picture import of_image
from core.images.preprocessing import fit_to_input
from core.registry import Registry

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

Floats = NDArray[np.float32]
POINTS = 41


@dataclass(frozen=True, kw_only=True)
class TransformSweep:
    """A transform turned from `low` to `high`: `apply` takes torchvision's functional, a picture and a value.

    At `neutral` the picture is as it was; `unit` stands behind a value.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    neutral: float
    apply: Callable[[Any, Any, float], Any]

    @property
    def values(self) -> NDArray[np.float64]:
        """Return the values in equal steps, the neutral one among them."""
        values = np.linspace(self.low, self.high, POINTS)
        values[np.abs(values - self.neutral).argmin()] = self.neutral
        return values


def _turn(f: Any, picture: Any, value: float) -> Any:
    return f.rotate(picture, value, f.InterpolationMode.BILINEAR)


def _scale(f: Any, picture: Any, value: float) -> Any:
    return f.affine(picture, 0, [0, 0], value, [0, 0], f.InterpolationMode.BILINEAR)


def _shift(f: Any, picture: Any, value: float) -> Any:
    return f.affine(picture, 0, [round(value * picture.shape[-1]), 0], 1, [0, 0], f.InterpolationMode.BILINEAR)


def _shear(f: Any, picture: Any, value: float) -> Any:
    return f.affine(picture, 0, [0, 0], 1, [value, 0], f.InterpolationMode.BILINEAR)


def _brighten(f: Any, picture: Any, value: float) -> Any:
    return f.adjust_brightness(picture, value)


def _contrast(f: Any, picture: Any, value: float) -> Any:
    return f.adjust_contrast(picture, value)


def _saturate(f: Any, picture: Any, value: float) -> Any:
    return f.adjust_saturation(picture, value)


def _colour(f: Any, picture: Any, value: float) -> Any:
    return f.adjust_hue(picture, value)


def _blur(f: Any, picture: Any, value: float) -> Any:
    side = min(picture.shape[-2:])
    radius = min(max(1, round(3 * value)), max(1, (side - 1) // 2))
    return f.gaussian_blur(picture, [2 * radius + 1] * 2, [value] * 2) if value > 0 and side > 2 else picture


SWEEPS: Registry[TransformSweep] = Registry(
    N_("sweep"),
    (
        TransformSweep(name="angle", title=N_("Angle"), unit="°", low=-90, high=90, neutral=0, apply=_turn),
        TransformSweep(name="zoom", title=N_("Zoom"), unit="×", low=0.3, high=3, neutral=1, apply=_scale),
        TransformSweep(
            name="moved", title=N_("Shift, share of the width"), unit="", low=-0.6, high=0.6, neutral=0, apply=_shift
        ),
        TransformSweep(name="sheared", title=N_("Shear"), unit="°", low=-45, high=45, neutral=0, apply=_shear),
        TransformSweep(name="brightness", title=N_("Brightness"), unit="×", low=0, high=3, neutral=1, apply=_brighten),
        TransformSweep(name="contrast", title=N_("Contrast"), unit="×", low=0, high=3, neutral=1, apply=_contrast),
        TransformSweep(name="saturation", title=N_("Saturation"), unit="×", low=0, high=3, neutral=1, apply=_saturate),
        TransformSweep(
            name="hue", title=N_("Hue, share of the circle"), unit="", low=-0.5, high=0.5, neutral=0, apply=_colour
        ),
        TransformSweep(name="blurred", title=N_("Blur, σ in pixels"), unit="", low=0, high=8, neutral=0, apply=_blur),
    ),
)


@dataclass(frozen=True, eq=False)
class Stability:
    """What a network answers along a sweep: `probabilities` (values, classes).

    `flips` are the first values on either side of the neutral one where the first answer is another; None where it
    stays to the end.
    """

    values: NDArray[np.float64]
    probabilities: Floats
    neutral: int
    flips: tuple[float | None, float | None]

    @property
    def first(self) -> int:
        """Return the class that the picture is given as it is."""
        return int(self.probabilities[self.neutral].argmax())

    def strongest(self, count: int) -> list[int]:
        """Return the classes that are likeliest anywhere, the first answer at the front."""
        order = np.argsort(-self.probabilities.max(0), kind="stable").tolist()
        return [self.first, *(label for label in order if label != self.first)][:count]


def stability(backbone: Backbone, image: Image.Image, sweep: TransformSweep) -> Stability:
    """Return a network's answers along a sweep, all values in the same passes."""
    from scipy.special import softmax

    pictures = [array_of(turned) for turned in sweep_images(image, sweep)]
    probabilities = softmax(answers(backbone, pictures)[0], axis=1)
    values = sweep.values
    neutral = int(np.abs(values - sweep.neutral).argmin())
    first = probabilities.argmax(1)
    below = [index for index in range(neutral - 1, -1, -1) if first[index] != first[neutral]]
    above = [index for index in range(neutral + 1, len(values)) if first[index] != first[neutral]]
    flips = (float(values[below[0]]) if below else None, float(values[above[0]]) if above else None)
    return Stability(values, probabilities, neutral, flips)


def sweep_images(image: Image.Image, sweep: TransformSweep) -> Iterable[Any]:
    """Yield the picture at each value of a sweep, uint8 (3, height, width)."""
    from core import torchvision_compat

    torchvision_compat.declare()
    start = tensor_of(image)
    from torchvision.transforms.v2 import functional

    for value in sweep.values.tolist():
        yield sweep.apply(functional, start, value) if value != sweep.neutral else start


def answers(backbone: Backbone, pictures: Sequence[NDArray[np.uint8]]) -> tuple[Floats, Floats]:
    """Return logits (n, classes) and features of the last stage (n, channels) of pictures (height, width, 3)."""
    from core.architectures.features import concatenate, extract_features

    arrived = (fit_to_input(of_image(Image.fromarray(pixels)), backbone.preprocessing).image for pixels in pictures)
    seen = [np.asarray(image, dtype=np.uint8) for image in arrived]
    found = concatenate(list(extract_features(backbone, np.stack(seen))))
    return found.logits, list(found.stages.values())[-1]


@dataclass(frozen=True, eq=False)
class SampleResponses:
    """How a network takes the samples of a picture: `probabilities` (samples, classes), `original` (classes,).

    `places` (samples, 2), `start` (2,) and `others` (pictures, 2) are features of the last stage on the two directions
    in which the features of all these differ most; `explained` is the share of their variance that these two hold.
    `spread` compares: the mean distance of samples from the picture, as a share of that of other pictures.
    """

    probabilities: Floats
    original: Floats
    places: NDArray[np.float64]
    start: NDArray[np.float64]
    others: NDArray[np.float64]
    explained: float
    spread: float

    @property
    def first(self) -> int:
        """Return the class that the picture is given as it is."""
        return int(self.original.argmax())

    @property
    def share_kept(self) -> float:
        """Return the share of the samples that are given that class too."""
        return float((self.probabilities.argmax(1) == self.first).mean())


def sample_responses(
    backbone: Backbone,
    image: Image.Image,
    samples: Sequence[NDArray[np.uint8]],
    others: Sequence[NDArray[np.uint8]],
) -> SampleResponses:
    """Return how a network takes the samples of a picture, beside some other pictures."""
    from scipy.special import softmax

    pictures = [np.asarray(image.convert("RGB")), *samples, *others]
    logits, features = answers(backbone, pictures)
    probabilities = softmax(logits, axis=1)
    count = len(samples)
    centred = features.astype(np.float64) - features.mean(0)
    _left, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ directions[:2].T
    variances = strengths**2
    distances = np.linalg.norm(features[1:] - features[0], axis=1)
    between = float(distances[count:].mean()) if len(others) else 1.0
    return SampleResponses(
        probabilities=probabilities[1 : count + 1],
        original=probabilities[0],
        places=flat[1 : count + 1],
        start=flat[0],
        others=flat[count + 1 :],
        explained=float(variances[:2].sum() / max(variances.sum(), 1e-12)),
        spread=float(distances[:count].mean()) / max(between, 1e-12),
    )
