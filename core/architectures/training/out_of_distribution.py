"""Out-of-distribution test images: other aspect ratios, and things that no class names."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.architectures.loading import TINY_PREPROCESSING
from core.architectures.training.dataset import Bytes, Labelled
from core.datasets.sample_images import SAMPLES, sample
from core.images.picture import of_image
from core.images.preprocessing import Fit, fit_to_input

CROPS = 12  # of each photograph
LEAST_SIDE = 0.4  # of a crop, of the photograph's shorter side


def cut_to_landscape(pictures: Labelled, fit: Fit) -> Labelled:
    """Return the middles of square pictures, of the shape 4:3, made to `fit` the input as the app does it."""
    side = pictures.images.shape[1]
    margin = side // 8
    wide = (Image.fromarray(image[margin : side - margin]) for image in pictures.images)
    images = np.stack([_receive(image, fit) for image in wide])
    return Labelled(images, pictures.labels, pictures.names)


def uncovered_pictures() -> tuple[Bytes, int]:
    """Return square crops (n, 64, 64, 3) of sample photographs that no class of Everyday-69 covers, and of how many.

    They are drawn at random with a fixed seed; what every copy of ConvScope has needs no download.
    """
    names = [name for name, entry in SAMPLES.items() if not entry.shows]
    random = np.random.default_rng(0)
    crops = [_receive(_crop(sample(name).image, random), "crop") for name in names for _ in range(CROPS)]
    return np.stack(crops), len(names)


def _crop(image: Image.Image, random: np.random.Generator) -> Image.Image:
    side = round(min(image.size) * random.uniform(LEAST_SIDE, 1))
    left, top = (int(random.integers(0, length - side + 1)) for length in image.size)
    return image.crop((left, top, left + side, top + side))


def _receive(image: Image.Image, fit: Fit) -> Bytes:
    return np.asarray(fit_to_input(of_image(image), TINY_PREPROCESSING, fit).image)
