"""What the Augmentation page keeps between reruns and shares between visitors; bounded, and keyed by content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.compute import permit, prepare
from core.datasets.sample_images import SAMPLES, sample
from core.images.picture import Picture
from core.limits import AUGMENTED_BYTES
from pages.components.caches.shared import shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.architectures.loading import Backbone
    from core.augmentation.boxes_and_masks import Geometry, Target
    from core.augmentation.experiment import AugmentationTrial
    from core.augmentation.export import StepTime
    from core.augmentation.invariance import SampleResponses, Stability
    from core.augmentation.mixing import Mixed
    from core.augmentation.pipeline import Pipeline
    from core.augmentation.sampling import DrawnSample
    from core.visualization.attribution.top_class import TopClassAttribution

MIXES_KEPT = 64  # each at most 0.5 MB
GEOMETRIES_KEPT = 64  # each at most 1 MB
RESPONSES_KEPT = 128  # each at most 0.4 MB
ENLARGED, APART = 3, 8  # pictures to learn from: so many pixels for one, and between two


def _network(model: Backbone) -> tuple[str, str, int]:
    return model.entry.name, model.weights, model.seed


def _digest(pixels: NDArray[np.uint8]) -> str:
    return hashlib.sha256(pixels.tobytes() + str(pixels.shape).encode()).hexdigest()


def working(picture: Picture) -> Image:
    """Return a picture at the size that pipelines work on."""
    from core.augmentation.sampling import WORKING_SIDE, working_size

    return working_size(picture.image, WORKING_SIDE)


def pixels_of(image: Image) -> NDArray[np.uint8]:
    """Return the pixels of a picture, (height, width, 3)."""
    import numpy

    return numpy.asarray(image, dtype=numpy.uint8)


@shared(
    lambda picture, _image, pipeline, seed, number: (picture.digest, str(pipeline), seed, number),
    max_bytes=AUGMENTED_BYTES,
)
def _sample(_picture: Picture, image: Image, pipeline: Pipeline, seed: int, number: int) -> DrawnSample:
    from core.augmentation.sampling import stream_samples

    with permit():
        return next(stream_samples(image, pipeline, seed, [number], keep=True))


def augmented(picture: Picture, pipeline: Pipeline, seed: int, numbers: tuple[int, ...]) -> list[DrawnSample]:
    """Return the samples of these numbers; visitors with the same picture and pipeline share them."""
    prepare()
    image = working(picture)
    return [_sample(picture, image, pipeline, seed, number) for number in numbers]


@shared(
    lambda pictures, pipeline, *how: (tuple(picture.digest for picture in pictures), str(pipeline), *how),
    entries=MIXES_KEPT,
)
def mixes(
    pictures: Sequence[Picture], pipeline: Pipeline, seed: int, name: str, alpha: float, count: int
) -> list[Mixed]:
    """Return mixes of pairs of pictures, each after the pipeline."""
    from core.augmentation.mixing import mix

    images = [augmented(picture, pipeline, seed, (0,))[0].image for picture in pictures]
    with permit():
        return list(mix(images, name, alpha, seed, count))


@shared(lambda picture, pipeline, *sample: (picture.digest, str(pipeline), *sample), entries=GEOMETRIES_KEPT)
def geometry(picture: Picture, pipeline: Pipeline, seed: int, number: int) -> tuple[Geometry, Image]:
    """Return what a pipeline's geometry did to a sample, and the sample with the original's grid."""
    from core.augmentation.boxes_and_masks import draw_grid, geometry_of

    prepare()
    with permit():
        found = geometry_of(working(picture), pipeline, seed, number)
    return found, draw_grid(found)


@shared(lambda picture, pipeline, *sample: (picture.digest, str(pipeline), *sample), entries=GEOMETRIES_KEPT)
def followed_target(
    picture: Picture, pipeline: Pipeline, seed: int, number: int, target: Target
) -> tuple[Image, Image]:
    """Return the picture and a sample of it, each with box, mask and key points."""
    from core.augmentation.boxes_and_masks import draw_followed, transform_target

    prepare()
    image = working(picture)
    with permit():
        before = transform_target(image, type(pipeline)(), seed, number, target)
        after = transform_target(image, pipeline, seed, number, target)
    return draw_followed(before), draw_followed(after)


@shared(
    lambda picture, pipeline, seed, numbers, model: (picture.digest, str(pipeline), seed, numbers, *_network(model)),
    entries=RESPONSES_KEPT,
)
def responses(
    picture: Picture, pipeline: Pipeline, seed: int, numbers: tuple[int, ...], model: Backbone
) -> SampleResponses:
    """Return how a backbone takes the samples of a picture, beside the sample pictures."""
    from core.augmentation.invariance import sample_responses as compute

    samples = [made.image for made in augmented(picture, pipeline, seed, numbers)]
    gallery = [sample(name) for name in SAMPLES]
    others = [pixels_of(working(sample_image)) for sample_image in gallery if sample_image.digest != picture.digest]
    return compute(model, working(picture), samples, others)


@shared(lambda picture, sweep, model: (picture.digest, sweep, *_network(model)), entries=RESPONSES_KEPT)
def stability(picture: Picture, sweep: str, model: Backbone) -> Stability:
    """Return a backbone's answers along a sweep."""
    from core.augmentation.invariance import SWEEPS
    from core.augmentation.invariance import stability as compute

    return compute(model, working(picture), SWEEPS[sweep])


@shared(lambda pixels, model: (_digest(pixels), *_network(model)), entries=RESPONSES_KEPT)
def sample_evidence(pixels: NDArray[np.uint8], model: Backbone) -> TopClassAttribution:
    """Return the evidence for a backbone's first answer to a sample."""
    from core.visualization.attribution.top_class import attribute_top_class

    return attribute_top_class(pixels, model)


@dataclass(frozen=True)
class EvidenceLeft:
    """For the class `label`, the share of its evidence that each sample keeps."""

    label: int
    shares: tuple[float, ...]


def evidence_left(
    picture: Picture, pipeline: Pipeline, seed: int, numbers: tuple[int, ...], model: Backbone
) -> EvidenceLeft:
    """Return how much of the evidence for the first answer to a picture its samples keep."""
    from core.augmentation.label_safety import evidence_kept

    image = working(picture)
    whole = sample_evidence(pixels_of(image), model)
    seen = model.preprocessing.crop / model.preprocessing.resize
    shares = (
        evidence_kept(geometry(picture, pipeline, seed, number)[0], whole.map, image.size, seen) for number in numbers
    )
    return EvidenceLeft(whole.answer, tuple(shares))


def step_times(picture: Picture, pipeline: Pipeline, seed: int) -> Sequence[StepTime]:
    """Return what each step takes for one picture; measured anew each time."""
    from core.augmentation.export import time_steps

    prepare()
    with permit():
        return time_steps(working(picture), pipeline, seed)


@st.cache_data(show_spinner=False, max_entries=32)
def first_pictures(trial: AugmentationTrial) -> Image:
    """Return a picture of each class as it is, and below it what the network gets of it in the first epoch."""
    from PIL import Image

    from core.augmentation.experiment import first_pictures

    rows = first_pictures(trial)
    count, side = len(rows[0]), rows[0].shape[1] * ENLARGED
    found = Image.new("RGBA", (count * (side + APART) - APART, 2 * side + APART))
    for row, pictures in enumerate(rows):
        for column, pixels in enumerate(pictures):
            large = Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)
            found.paste(large, (column * (side + APART), row * (side + APART)))
    return found
