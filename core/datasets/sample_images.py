"""The sample images: photographs that come with scikit-image and scikit-learn, read without importing either."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.i18n import N_
from core.images.formats import PictureError
from core.images.picture import Picture, decode
from core.registry import Registry


@dataclass(frozen=True)
class Sample:
    """A photograph in an installed package: `file` is its path inside `package`; `credit` names who made it.

    `shows` are the classes of Everyday-69 that are right answers to it; none where those do not cover it.
    """

    name: str
    title: str
    package: str
    file: str
    credit: str
    licence: str
    shows: tuple[str, ...] = ()


# Credits and licences as the packages state them: skimage/data/_fetchers.py and sklearn/datasets/images/README.txt.
# There flower.jpg bears the same author as china.jpg, but both of its links lead to vultilion.
SAMPLES: Registry[Sample] = Registry(
    N_("sample picture"),
    (
        Sample("chelsea", N_("Chelsea the cat"), "skimage", "data/chelsea.png", "Stefan van der Walt", "CC0", ("cat",)),
        Sample("coffee", N_("A cup of coffee"), "skimage", "data/coffee.png", "Rachel Michetti", "CC0", ("coffee",)),
        Sample("flower", N_("A dahlia"), "sklearn", "datasets/images/flower.jpg", "vultilion, Flickr", "CC BY 2.0"),
        Sample(
            "china",
            N_("A pavilion"),
            "sklearn",
            "datasets/images/china.jpg",
            "danielbuechele, Flickr",
            "CC BY 2.0",
            ("house", "tower"),
        ),
        Sample(
            "motorcycle",
            N_("A motorcycle"),
            "skimage",
            "data/motorcycle_left.png",
            "D. Scharstein et al., Middlebury Stereo Datasets 2014",
            N_("no licence stated"),
        ),
        Sample(
            "astronaut", N_("An astronaut"), "skimage", "data/astronaut.png", "NASA", N_("public domain"), ("person",)
        ),
        Sample("rocket", N_("A rocket before launch"), "skimage", "data/rocket.jpg", "SpaceX", N_("public domain")),
        Sample("camera", N_("A man with a camera"), "skimage", "data/camera.png", "Lav Varshney", "CC0", ("person",)),
        Sample(
            "coins",
            N_("Coins from Pompeii"),
            "skimage",
            "data/coins.png",
            "Brooklyn Museum",
            N_("no known copyright restrictions"),
        ),
        Sample("brick", N_("A brick wall"), "skimage", "data/brick.png", "CC0Textures", "CC0"),
        Sample("hubble", N_("Distant galaxies"), "skimage", "data/hubble_deep_field.jpg", "NASA", N_("public domain")),
        Sample("retina", N_("A human retina"), "skimage", "data/retina.jpg", "Mikael Häggström", "CC0"),
    ),
)


def sample(name: str) -> Picture:
    """Return the sample picture of that name.

    Raises `UserError` when there is none of that name, and `PictureError` when its file is not installed.
    """
    entry = SAMPLES[name]
    return installed(entry.package, entry.file)


def installed(package: str, file: str) -> Picture:
    """Return a picture that a package brings along, `file` being its path in it.

    Raises `PictureError` where it is not installed.
    """
    try:
        data = _locate(package, file).read_bytes()
    except OSError:
        raise PictureError(
            N_("The sample picture “{name}” is not installed: it comes with the package {package}."),
            N_("Choose another picture, or install ConvScope's requirements again."),
            name=Path(file).stem,
            package=package,
        ) from None
    return decode(data, Path(file).name)


def thumbnail(picture: Picture, side: int) -> Image.Image:
    """Return a small copy of the picture, whole, in mode RGB, its longer side at most `side` pixels."""
    small = picture.image.copy()
    small.thumbnail((side, side))
    return small


def _locate(package: str, file: str) -> Path:
    # find_spec of a package without a dot in its name runs none of its code; importing these two takes a second
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(package)
    return Path(found.origin).parent / file
