"""The catalogue of data sets: from libraries, generated, public, and one's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.digits import digit_pictures
from core.datasets.sample_images import installed, sample
from core.datasets.shapes import SHAPES, draw_shapes
from core.i18n import N_
from core.registry import Registry
from core.transfer.data.labelled_images import LabelledPictures
from core.transfer.data.public import PUBLIC, PublicSet, cifar10, pictures_of
from core.transfer.data.tiles import Pixels, PixelSource, cut

SHAPES_EACH, SHAPES_SIDE, SHAPES_SEED = 400, 64, 1
PATCH, PATCH_STRIDE = 64, 8  # pixels
TISSUE, TISSUE_STRIDE = 48, 10
RETINA, RETINA_STRIDE = 64, 14
EACH_AT_MOST = 400  # of a class that is cut from one photograph
PHOTOGRAPHS = ("chelsea", "coffee", "flower", "china", "motorcycle", "astronaut", "rocket", "brick")
PHOTOGRAPHS_OF = {
    "chelsea": N_("a cat"),
    "coffee": N_("a cup of coffee"),
    "flower": N_("a dahlia"),
    "china": N_("a pavilion"),
    "motorcycle": N_("a motorcycle"),
    "astronaut": N_("an astronaut"),
    "rocket": N_("a rocket"),
    "brick": N_("bricks"),
}
TEXTURES = {"grass": N_("grass"), "gravel": N_("gravel")}
TISSUE_CLASSES = (N_("stained gland"), N_("connective tissue"), N_("retina, many vessels"), N_("retina, few vessels"))
CLEAR_SHARE = 1 / 3  # of the squares of a picture that show most, and least, of what tells its two classes apart
DARK, FLAT = 40.0, 6.0  # grey levels: mean of a square beside the retina, deviation of one without tissue


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """A data set that can be chosen: `idea` says what is in it, `load` returns it, None where it is one's own.

    `public` says how to come by it where it has to be fetched.
    """

    name: str
    title: str
    idea: str
    load: Callable[[], LabelledPictures] | None = None
    public: PublicSet | None = None


@functools.lru_cache(maxsize=1)
def digits() -> LabelledPictures:
    """Return scikit-learn's 1,797 handwritten digits of 8 × 8 pixels, white on black (Alpaydin & Kaynak 1998)."""
    grey, labels = digit_pictures()
    pixels = np.repeat(grey[..., None], 3, axis=3)
    places = np.arange(len(labels), dtype=np.int64)
    return LabelledPictures(tuple(map(str, range(10))), labels, places, PixelSource(pixels, "digits"))


@functools.lru_cache(maxsize=1)
def shapes() -> LabelledPictures:
    """Return generated pictures of six shapes, 64 × 64 pixels, 400 of each."""
    pixels, labels = draw_shapes(SHAPES_EACH * len(SHAPES), SHAPES_SIDE, SHAPES_SEED)
    places = np.arange(len(labels), dtype=np.int64)
    return LabelledPictures(SHAPE_NAMES, labels, places, PixelSource(pixels, "shapes"), is_marked=True)


SHAPE_NAMES = (N_("a circle"), N_("a square"), N_("a triangle"), N_("a star"), N_("a cross"), N_("a ring"))


@functools.lru_cache(maxsize=1)
def photographs() -> LabelledPictures:
    """Return squares of 64 pixels cut from ten photographs of natural things; which one is the class."""
    titles, pictures = [], []
    for name in PHOTOGRAPHS:
        titles.append(PHOTOGRAPHS_OF[name])
        pictures.append(sample(name).image)
    for name, title in TEXTURES.items():
        titles.append(title)
        pictures.append(installed("skimage", f"data/{name}.png").image)
    cuts = [cut(picture, PATCH, PATCH_STRIDE) for picture in pictures]
    return _labelled(titles, [(photograph.squares, photograph.blocks) for photograph in cuts], "photographs")


@functools.lru_cache(maxsize=1)
def tissue() -> LabelledPictures:
    """Return squares of a stained section of colon and of a retina, in two classes each.

    Which class a square belongs to is measured: the share of the stain (Ruifrok & Johnston 2001, by scikit-image's
    `rgb2hed`), and that of vessels (Sato et al. 1998, `sato`). The third of the squares with most of it and the third
    with least are the two classes; what lies between, and empty squares, are left out.
    """
    from skimage.color import rgb2gray, rgb2hed
    from skimage.filters import sato

    section = installed("skimage", "data/ihc.png").image
    stain = rgb2hed(np.asarray(section))[..., 2]
    gland, rest = _two_ends(section, stain, TISSUE, TISSUE_STRIDE)
    retina = sample("retina").image
    ridges: Any = sato  # untyped
    vessels = ridges(rgb2gray(np.asarray(retina)), sigmas=(2, 3), black_ridges=True)
    with_vessels, without = _two_ends(retina, vessels, RETINA, RETINA_STRIDE)
    return _labelled(TISSUE_CLASSES, [gland, rest, with_vessels, without], "tissue", shared=((0, 1), (2, 3)))


Squares = tuple[Pixels, NDArray[np.int64]]


def _two_ends(picture: Image.Image, measured: NDArray[np.float64], side: int, stride: int) -> tuple[Squares, Squares]:
    """Return the squares that show most and those that show least of what was `measured` at each pixel."""
    found = cut(picture, side, stride)
    scaled = np.clip((measured - measured.min()) / np.ptp(measured) * 255, 0, 255).astype(np.uint8)
    values = cut(Image.fromarray(scaled), side, stride).squares.mean((1, 2, 3))
    grey = found.squares.astype(np.float64).mean(3)
    whole = (grey.min((1, 2)) > DARK / 2) & (grey.mean((1, 2)) > DARK) & (grey.std((1, 2)) > FLAT)
    squares, blocks, values = found.squares[whole], found.blocks[whole], values[whole]
    low, high = np.quantile(values, [CLEAR_SHARE, 1 - CLEAR_SHARE])
    most, least = values >= high, values <= low
    return (squares[most], blocks[most]), (squares[least], blocks[least])


def _labelled(
    titles: Sequence[str], parts: Sequence[Squares], name: str, shared: Sequence[tuple[int, ...]] = ()
) -> LabelledPictures:
    """Return squares of several classes; those of classes cut from one picture, `shared`, share its blocks too."""
    random = np.random.default_rng(0)
    side = parts[0][0].shape[1]
    pixels, labels, groups = [], [], []
    family = {label: number for number, members in enumerate(shared) for label in members}
    for label, (squares, blocks) in enumerate(parts):
        kept = np.sort(random.permutation(len(squares))[:EACH_AT_MOST])
        pixels.append(_resized(squares[kept], side))
        labels.append(np.full(len(kept), label))
        groups.append(100 * family.get(label, label) + blocks[kept])
    return LabelledPictures(
        tuple(titles),
        np.concatenate(labels).astype(np.int64),
        np.concatenate(groups).astype(np.int64),
        PixelSource(np.concatenate(pixels), name),
        is_marked=True,
    )


def _resized(squares: Pixels, side: int) -> Pixels:
    if squares.shape[1] == side:
        return squares
    return np.stack([np.asarray(Image.fromarray(square).resize((side, side))) for square in squares])


DATASETS: Registry[DatasetEntry] = Registry(
    N_("data set"),
    (
        DatasetEntry(
            name="photographs",
            title=N_("Parts of photographs"),
            idea=N_("Squares of 64 pixels from ten photographs: which one is each cut from? Natural and familiar."),
            load=photographs,
        ),
        DatasetEntry(
            name="tissue",
            title=N_("Tissue and retina"),
            idea=N_(
                "Squares of a stained section of colon and of a retina: stained or not, many vessels or few. Natural, "
                "but unlike photographs of things."
            ),
            load=tissue,
        ),
        DatasetEntry(
            name="digits",
            title=N_("Handwritten digits"),
            idea=N_("scikit-learn’s 1,797 digits of 8 × 8 grey pixels. Nothing like a photograph."),
            load=digits,
        ),
        DatasetEntry(
            name="shapes",
            title=N_("Drawn shapes"),
            idea=N_("Generated circles, squares, triangles, stars, crosses and rings, with noise."),
            load=shapes,
        ),
        DatasetEntry(
            name="cifar10",
            title="CIFAR-10",
            idea=N_("Airplanes, cars, animals and ships on 32 × 32 pixels (Krizhevsky 2009); 20,000 of the 60,000."),
            load=cifar10,
            public=PUBLIC["cifar10"],
        ),
        DatasetEntry(
            name="flowers",
            title=N_("Flowers-102"),
            idea=N_("8,189 photographs of flowers of 102 kinds (Nilsback & Zisserman 2008)."),
            load=functools.partial(pictures_of, PUBLIC["flowers"]),
            public=PUBLIC["flowers"],
        ),
        DatasetEntry(
            name="pets",
            title=N_("Oxford-IIIT Pet"),
            idea=N_("7,349 photographs of cats and dogs of 37 breeds (Parkhi et al. 2012)."),
            load=functools.partial(pictures_of, PUBLIC["pets"]),
            public=PUBLIC["pets"],
        ),
        DatasetEntry(
            name="eurosat",
            title=N_("EuroSAT"),
            idea=N_("27,000 satellite pictures of ten kinds of land use, 64 × 64 pixels (Helber et al. 2019)."),
            load=functools.partial(pictures_of, PUBLIC["eurosat"]),
            public=PUBLIC["eurosat"],
        ),
        DatasetEntry(
            name="food",
            title=N_("Food-101"),
            idea=N_("101,000 photographs of 101 dishes (Bossard et al. 2014)."),
            load=functools.partial(pictures_of, PUBLIC["food"]),
            public=PUBLIC["food"],
        ),
        DatasetEntry(
            name="mine",
            title=N_("Mine"),
            idea=N_("Your own pictures: a ZIP archive with a folder for each class, or class by class."),
        ),
    ),
)
