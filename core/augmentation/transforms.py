"""The transforms that can be put into a pipeline, each one row: its knobs, what it teaches and when it harms.

All are torchvision.transforms.v2, applied to uint8 pictures (channels, height, width).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.augmentation.arguments import BILINEAR, IMAGENET_POLICY, Arguments
from core.knobs import Knob, Number, Whole
from core.registry import Registry
from core.words import N_

Values = Mapping[str, Any]
GROUPS = {
    "geometry": N_("Geometry"),
    "crop": N_("Crops"),
    "colour": N_("Colour and detail"),
    "erasing": N_("Erasing"),
    "policy": N_("Policies"),
}
"""The groups of transforms, with their titles."""
LARGEST_CROP = 512  # pixels
BLACK, GREY = 0, 128


def _always(_values: Values) -> int:
    return 1


@dataclass(frozen=True, kw_only=True)
class TransformEntry:
    """A transform that can be chosen: `idea` says what it teaches a network, `harm` when it does harm.

    `builds` is its name in torchvision.transforms.v2 and `arguments` what it is built with, from the values of its
    `knobs`. `moves` says that it changes where things are, so that boxes and masks go along. `alone` marks a policy,
    which torchvision applies to pictures without boxes only. `least` is the shortest side in pixels that it works on;
    a smaller picture stays as it is.
    """

    name: str
    title: str
    group: str
    idea: str
    harm: str
    builds: str
    arguments: Callable[[Values], Arguments]
    knobs: tuple[Knob[Any], ...] = ()
    moves: bool = False
    alone: bool = False
    least: Callable[[Values], int] = _always

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"{self.name}: there is no group {self.group!r}")

    @property
    def defaults(self) -> dict[str, Any]:
        """Return the values of the knobs before they are turned."""
        return {knob.name: knob.default for knob in self.knobs}


def _no_arguments(_values: Values) -> Arguments:
    return {}


def _always_applied(_values: Values) -> Arguments:
    return {"p": 1.0}


def _range(low: float, high: float) -> tuple[float, float]:
    """Return two ends in their order, whichever was turned past the other."""
    return (min(low, high), max(low, high))


def _around_one(values: Values) -> tuple[float, float]:
    return (max(0.0, 1 - values["strength"]), 1 + values["strength"])


SIZE = Whole(name="size", label=N_("Side, pixels"), default=160, minimum=8, maximum=LARGEST_CROP)
STRENGTH = Number(name="strength", label=N_("Strength"), default=0.4, minimum=0.0, maximum=1.0, step=0.05)


def _odd_kernel(sigma: float) -> int:
    """Return a kernel that holds three deviations on either side, as an odd number of pixels."""
    return 2 * max(1, round(3 * sigma)) + 1


TRANSFORMS: Registry[TransformEntry] = Registry(
    N_("transform"),
    (
        TransformEntry(
            name="flip",
            title=N_("Horizontal flip"),
            group="geometry",
            idea=N_("Left and right are as good as each other."),
            harm=N_("Text, hands, the side of an organ: the mirror image is something else."),
            builds="RandomHorizontalFlip",
            arguments=_always_applied,
            moves=True,
        ),
        TransformEntry(
            name="vertical_flip",
            title=N_("Vertical flip"),
            group="geometry",
            idea=N_("There is no up and down: seen from above, or through a microscope."),
            harm=N_("Whatever stands on the ground; 6 becomes almost a 9."),
            builds="RandomVerticalFlip",
            arguments=_always_applied,
            moves=True,
        ),
        TransformEntry(
            name="rotate",
            title=N_("Rotation"),
            group="geometry",
            idea=N_("A thing stays what it is when the camera is tilted."),
            harm=N_("Large angles: 6 and 9, arrows, hands of a clock. Corners are filled with what was never there."),
            builds="RandomRotation",
            arguments=lambda values: {
                "degrees": (-values["degrees"], values["degrees"]),
                "interpolation": BILINEAR,
                "fill": BLACK,
            },
            knobs=(
                Number(
                    name="degrees", label=N_("At most, degrees"), default=15.0, minimum=0.0, maximum=180.0, step=1.0
                ),
            ),
            moves=True,
        ),
        TransformEntry(
            name="zoom",
            title=N_("Zoom"),
            group="geometry",
            idea=N_("A thing stays what it is near or far."),
            harm=N_("Where size is the class: a cell and a swollen cell."),
            builds="RandomAffine",
            arguments=lambda values: {
                "degrees": 0.0,
                "scale": _range(values["least"], values["most"]),
                "interpolation": BILINEAR,
                "fill": BLACK,
            },
            knobs=(
                Number(name="least", label=N_("At least, times"), default=0.8, minimum=0.2, maximum=3.0, step=0.05),
                Number(name="most", label=N_("At most, times"), default=1.3, minimum=0.2, maximum=3.0, step=0.05),
            ),
            moves=True,
        ),
        TransformEntry(
            name="affine",
            title=N_("Affine"),
            group="geometry",
            idea=N_("Rotation, shift, scale and shear in one: lines stay straight, and parallel ones parallel."),
            harm=N_("Shear makes letters italic, and organs ill."),
            builds="RandomAffine",
            arguments=lambda values: {
                "degrees": (-values["degrees"], values["degrees"]),
                "translate": (values["shift"], values["shift"]),
                "scale": (1 / (1 + values["scale"]), 1 + values["scale"]),
                "shear": (-values["shear"], values["shear"], -values["shear"], values["shear"]),
                "interpolation": BILINEAR,
                "fill": BLACK,
            },
            knobs=(
                Number(
                    name="degrees", label=N_("Rotation, degrees"), default=10.0, minimum=0.0, maximum=180.0, step=1.0
                ),
                Number(
                    name="shift", label=N_("Shift, share of the side"), default=0.1, minimum=0.0, maximum=0.9, step=0.01
                ),
                Number(name="scale", label=N_("Scale, up to 1 +"), default=0.1, minimum=0.0, maximum=2.0, step=0.05),
                Number(name="shear", label=N_("Shear, degrees"), default=5.0, minimum=0.0, maximum=60.0, step=1.0),
            ),
            moves=True,
        ),
        TransformEntry(
            name="perspective",
            title=N_("Perspective"),
            group="geometry",
            idea=N_("The same thing from another place: parallel lines may meet."),
            harm=N_("Scans and microscope pictures are never taken at a slant."),
            builds="RandomPerspective",
            arguments=lambda values: {
                "distortion_scale": values["distortion"],
                "p": 1.0,
                "interpolation": BILINEAR,
                "fill": BLACK,
            },
            knobs=(
                Number(name="distortion", label=N_("Distortion"), default=0.3, minimum=0.0, maximum=1.0, step=0.05),
            ),
            moves=True,
            least=lambda _values: 2,
        ),
        TransformEntry(
            name="elastic",
            title=N_("Elastic"),
            group="geometry",
            idea=N_("Soft things bend: handwriting (Simard et al. 2003), tissue."),
            harm=N_("Things with straight edges, and all for which shape is the class."),
            builds="ElasticTransform",
            arguments=lambda values: {
                "alpha": values["alpha"],
                "sigma": values["sigma"],
                "interpolation": BILINEAR,
                "fill": BLACK,
            },
            knobs=(
                Number(name="alpha", label=N_("How far, α"), default=50.0, minimum=0.0, maximum=200.0, step=5.0),
                Number(
                    name="sigma", label=N_("How smooth, σ in pixels"), default=5.0, minimum=1.0, maximum=10.0, step=0.5
                ),
            ),
            moves=True,
            least=lambda values: int(4 * values["sigma"]) + 2,
        ),
        TransformEntry(
            name="resized_crop",
            title=N_("Random resized crop"),
            group="crop",
            idea=N_("Parts, sizes and shapes at once: the core of the ImageNet recipes (Szegedy et al. 2014)."),
            harm=N_("A small object may be cut off while its label stays."),
            builds="RandomResizedCrop",
            arguments=lambda values: {
                "size": (values["size"], values["size"]),
                "scale": (values["least"], 1.0),
                "ratio": (1 / values["ratio"], values["ratio"]),
                "interpolation": BILINEAR,
                "antialias": True,
            },
            knobs=(
                SIZE,
                Number(
                    name="least",
                    label=N_("At least, share of the area"),
                    default=0.08,
                    minimum=0.01,
                    maximum=1.0,
                    step=0.01,
                ),
                Number(
                    name="ratio",
                    label=N_("Up to how oblong"),
                    default=1.333,
                    minimum=1.0,
                    maximum=3.0,
                    step=0.001,
                    format="%.2f",
                ),
            ),
            moves=True,
        ),
        TransformEntry(
            name="random_crop",
            title=N_("Random crop"),
            group="crop",
            idea=N_("Where a thing is does not matter."),
            harm=N_("As every crop: what the label names may be outside."),
            builds="RandomCrop",
            arguments=lambda values: {
                "size": (values["size"], values["size"]),
                "pad_if_needed": True,
                "padding": values["padding"],
                "fill": BLACK,
            },
            knobs=(SIZE, Whole(name="padding", label=N_("Padding, pixels"), default=0, minimum=0, maximum=128)),
            moves=True,
        ),
        TransformEntry(
            name="centre_crop",
            title=N_("Centre crop"),
            group="crop",
            idea=N_("Nothing is drawn: what evaluation uses."),
            harm=N_("Cuts the edges off for good."),
            builds="CenterCrop",
            arguments=lambda values: {"size": (values["size"], values["size"])},
            knobs=(SIZE,),
            moves=True,
        ),
        TransformEntry(
            name="five_crop",
            title=N_("One of five crops"),
            group="crop",
            idea=N_("A corner or the centre; for evaluation, the five are averaged (Krizhevsky et al. 2012)."),
            harm=N_("As every crop: what the label names may be outside."),
            builds="OneOfFive",
            arguments=lambda values: {"size": values["size"]},
            knobs=(SIZE,),
            moves=True,
        ),
        TransformEntry(
            name="brightness",
            title=N_("Brightness"),
            group="colour",
            idea=N_("Sun or shade, long or short exposure."),
            harm=N_("X-rays, where grey levels measure something."),
            builds="ColorJitter",
            arguments=lambda values: {"brightness": _around_one(values)},
            knobs=(STRENGTH,),
        ),
        TransformEntry(
            name="contrast",
            title=N_("Contrast"),
            group="colour",
            idea=N_("Haze and cheap lenses."),
            harm=N_("Faint findings vanish in low contrast."),
            builds="ColorJitter",
            arguments=lambda values: {"contrast": _around_one(values)},
            knobs=(STRENGTH,),
        ),
        TransformEntry(
            name="saturation",
            title=N_("Saturation"),
            group="colour",
            idea=N_("Cameras and films differ in colour."),
            harm=N_("Ripe and unripe, stained and not: colour is the class."),
            builds="ColorJitter",
            arguments=lambda values: {"saturation": _around_one(values)},
            knobs=(STRENGTH,),
        ),
        TransformEntry(
            name="hue",
            title=N_("Hue"),
            group="colour",
            idea=N_("The light’s colour is not the thing’s."),
            harm=N_("Flowers, traffic lights, stains: colour is the class."),
            builds="ColorJitter",
            arguments=lambda values: {"hue": (-values["turn"], values["turn"])},
            knobs=(
                Number(
                    name="turn",
                    label=N_("At most, share of the circle"),
                    default=0.05,
                    minimum=0.0,
                    maximum=0.5,
                    step=0.01,
                ),
            ),
        ),
        TransformEntry(
            name="greyscale",
            title=N_("Greyscale"),
            group="colour",
            idea=N_("Shape must do without colour."),
            harm=N_("Where only colour tells the classes apart."),
            builds="RandomGrayscale",
            arguments=_always_applied,
        ),
        TransformEntry(
            name="posterise",
            title=N_("Posterise"),
            group="colour",
            idea=N_("Few grey levels: edges matter, shades do not."),
            harm=N_("Smooth shading becomes false edges."),
            builds="RandomPosterize",
            arguments=lambda values: {"bits": values["bits"], "p": 1.0},
            knobs=(Whole(name="bits", label=N_("Bits a channel"), default=4, minimum=1, maximum=8),),
        ),
        TransformEntry(
            name="solarise",
            title=N_("Solarise"),
            group="colour",
            idea=N_("What is brighter than a threshold is inverted; a strong distortion that policies use."),
            harm=N_("Almost wherever colour or brightness means something."),
            builds="RandomSolarize",
            arguments=lambda values: {"threshold": float(values["threshold"]), "p": 1.0},
            knobs=(Whole(name="threshold", label=N_("Threshold, grey level"), default=128, minimum=0, maximum=255),),
        ),
        TransformEntry(
            name="equalise",
            title=N_("Equalise"),
            group="colour",
            idea=N_("All grey levels equally often: exposure is forgotten."),
            harm=N_("Noise in flat regions grows into texture."),
            builds="RandomEqualize",
            arguments=_always_applied,
        ),
        TransformEntry(
            name="autocontrast",
            title=N_("Autocontrast"),
            group="colour",
            idea=N_("The darkest becomes black, the brightest white."),
            harm=N_("Grey levels that measure something no longer do."),
            builds="RandomAutocontrast",
            arguments=_always_applied,
        ),
        TransformEntry(
            name="sharpness",
            title=N_("Sharpness"),
            group="colour",
            idea=N_("Below 1 softer, above 1 sharper than the camera’s own."),
            harm=N_("Where fine texture is the class."),
            builds="RandomAdjustSharpness",
            arguments=lambda values: {"sharpness_factor": values["factor"], "p": 1.0},
            knobs=(Number(name="factor", label=N_("Factor"), default=2.0, minimum=0.0, maximum=5.0, step=0.1),),
        ),
        TransformEntry(
            name="invert",
            title=N_("Invert"),
            group="colour",
            idea=N_("Black on white or white on black: the shape is the same."),
            harm=N_("Photographs are never negatives."),
            builds="RandomInvert",
            arguments=_always_applied,
        ),
        TransformEntry(
            name="blur",
            title=N_("Gaussian blur"),
            group="colour",
            idea=N_("Out of focus, or far away."),
            harm=N_("Fine texture carries the class: tissue, fabric."),
            builds="GaussianBlur",
            arguments=lambda values: {
                "kernel_size": _odd_kernel(values["most"]),
                "sigma": _range(0.1, values["most"]),
            },
            knobs=(
                Number(name="most", label=N_("At most, σ in pixels"), default=2.0, minimum=0.1, maximum=8.0, step=0.1),
            ),
            least=lambda values: _odd_kernel(values["most"]) // 2 + 1,
        ),
        TransformEntry(
            name="noise",
            title=N_("Gaussian noise"),
            group="colour",
            idea=N_("Grain of film and of sensors in the dark."),
            harm=N_("Hides faint texture, and the network may learn the noise."),
            builds="GaussianNoise",
            arguments=lambda values: {"sigma": values["sigma"]},
            knobs=(
                Number(
                    name="sigma", label=N_("σ, share of the range"), default=0.1, minimum=0.0, maximum=0.5, step=0.01
                ),
            ),
        ),
        TransformEntry(
            name="jpeg",
            title=N_("JPEG"),
            group="colour",
            idea=N_("The blocks and ringing of compression."),
            harm=N_("Fine texture carries the class: tissue, fabric."),
            builds="PillowJPEG",
            arguments=lambda values: {
                "quality": (min(values["least"], values["most"]), max(values["least"], values["most"]))
            },
            knobs=(
                Whole(name="least", label=N_("Quality, at least"), default=10, minimum=1, maximum=100),
                Whole(name="most", label=N_("Quality, at most"), default=60, minimum=1, maximum=100),
            ),
        ),
        TransformEntry(
            name="erase",
            title=N_("Random erasing"),
            group="erasing",
            idea=N_("Something is in front: use all parts (Zhong et al. 2017)."),
            harm=N_("A small object may vanish while its label stays."),
            builds="RandomErasing",
            arguments=lambda values: {
                "p": 1.0,
                "scale": _range(0.02, values["most"]),
                "ratio": (0.3, 3.3),
                "value": GREY,
            },
            knobs=(
                Number(
                    name="most",
                    label=N_("At most, share of the area"),
                    default=0.33,
                    minimum=0.02,
                    maximum=0.9,
                    step=0.01,
                ),
            ),
        ),
        TransformEntry(
            name="auto_augment",
            title=N_("AutoAugment"),
            group="policy",
            idea=N_("Pairs of operations that a search found good for ImageNet (Cubuk et al. 2018)."),
            harm=N_("It inverts and solarises: not where colours mean something."),
            builds="AutoAugment",
            arguments=lambda _values: {"policy": IMAGENET_POLICY, "interpolation": BILINEAR, "fill": GREY},
            alone=True,
        ),
        TransformEntry(
            name="rand_augment",
            title=N_("RandAugment"),
            group="policy",
            idea=N_("So many operations drawn at random, all of one strength: two knobs (Cubuk et al. 2019)."),
            harm=N_("At great strength little of the picture is left."),
            builds="RandAugment",
            arguments=lambda values: {
                "num_ops": values["operations"],
                "magnitude": values["magnitude"],
                "interpolation": BILINEAR,
                "fill": GREY,
            },
            knobs=(
                Whole(name="operations", label=N_("Operations"), default=2, minimum=1, maximum=6),
                Whole(name="magnitude", label=N_("Magnitude, of 30"), default=9, minimum=0, maximum=30),
            ),
            alone=True,
        ),
        TransformEntry(
            name="trivial_augment",
            title=N_("TrivialAugment"),
            group="policy",
            idea=N_("One operation, its strength drawn too: nothing to tune (Müller & Hutter 2021)."),
            harm=N_("Its range is wide: now and then a picture is lost."),
            builds="TrivialAugmentWide",
            arguments=lambda _values: {"interpolation": BILINEAR, "fill": GREY},
            alone=True,
        ),
        TransformEntry(
            name="aug_mix",
            title=N_("AugMix"),
            group="policy",
            idea=N_("Several chains of operations, blended: robust against corruptions (Hendrycks et al. 2019)."),
            harm=N_("Blends show double contours that no camera makes."),
            builds="AugMix",
            arguments=lambda values: {
                "severity": values["severity"],
                "mixture_width": values["width"],
                "interpolation": BILINEAR,
                "fill": GREY,
            },
            knobs=(
                Whole(name="severity", label=N_("Severity, of 10"), default=3, minimum=1, maximum=10),
                Whole(name="width", label=N_("Chains"), default=3, minimum=1, maximum=6),
            ),
            alone=True,
        ),
    ),
)
