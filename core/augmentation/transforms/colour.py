"""Transforms of colour and detail, and erasing, each one row."""

from __future__ import annotations

from core.augmentation.transforms.records import GREY, TransformEntry, Values, always_applied, in_order
from core.i18n import N_
from core.settings import Integer, Number

STRENGTH = Number(name="strength", label=N_("Strength"), default=0.4, minimum=0.0, maximum=1.0, step=0.05)


def _around_one(values: Values) -> tuple[float, float]:
    return (max(0.0, 1 - values["strength"]), 1 + values["strength"])


def _odd_kernel(sigma: float) -> int:
    """Return a kernel that holds three deviations on either side, as an odd number of pixels."""
    return 2 * max(1, round(3 * sigma)) + 1


COLOUR_TRANSFORMS = (
    TransformEntry(
        name="brightness",
        title=N_("Brightness"),
        group="colour",
        idea=N_("Sun or shade, long or short exposure."),
        harm=N_("X-rays, where grey levels measure something."),
        builds="ColorJitter",
        arguments=lambda values: {"brightness": _around_one(values)},
        settings=(STRENGTH,),
    ),
    TransformEntry(
        name="contrast",
        title=N_("Contrast"),
        group="colour",
        idea=N_("Haze and cheap lenses."),
        harm=N_("Faint findings vanish in low contrast."),
        builds="ColorJitter",
        arguments=lambda values: {"contrast": _around_one(values)},
        settings=(STRENGTH,),
    ),
    TransformEntry(
        name="saturation",
        title=N_("Saturation"),
        group="colour",
        idea=N_("Cameras and films differ in colour."),
        harm=N_("Ripe and unripe, stained and not: colour is the class."),
        builds="ColorJitter",
        arguments=lambda values: {"saturation": _around_one(values)},
        settings=(STRENGTH,),
    ),
    TransformEntry(
        name="hue",
        title=N_("Hue"),
        group="colour",
        idea=N_("The light’s colour is not the thing’s."),
        harm=N_("Flowers, traffic lights, stains: colour is the class."),
        builds="ColorJitter",
        arguments=lambda values: {"hue": (-values["turn"], values["turn"])},
        settings=(
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
        arguments=always_applied,
    ),
    TransformEntry(
        name="posterise",
        title=N_("Posterise"),
        group="colour",
        idea=N_("Few grey levels: edges matter, shades do not."),
        harm=N_("Smooth shading becomes false edges."),
        builds="RandomPosterize",
        arguments=lambda values: {"bits": values["bits"], "p": 1.0},
        settings=(Integer(name="bits", label=N_("Bits a channel"), default=4, minimum=1, maximum=8),),
    ),
    TransformEntry(
        name="solarise",
        title=N_("Solarise"),
        group="colour",
        idea=N_("What is brighter than a threshold is inverted; a strong distortion that policies use."),
        harm=N_("Almost wherever colour or brightness means something."),
        builds="RandomSolarize",
        arguments=lambda values: {"threshold": float(values["threshold"]), "p": 1.0},
        settings=(Integer(name="threshold", label=N_("Threshold, grey level"), default=128, minimum=0, maximum=255),),
    ),
    TransformEntry(
        name="equalise",
        title=N_("Equalise"),
        group="colour",
        idea=N_("All grey levels equally often: exposure is forgotten."),
        harm=N_("Noise in flat regions grows into texture."),
        builds="RandomEqualize",
        arguments=always_applied,
    ),
    TransformEntry(
        name="autocontrast",
        title=N_("Autocontrast"),
        group="colour",
        idea=N_("The darkest becomes black, the brightest white."),
        harm=N_("Grey levels that measure something no longer do."),
        builds="RandomAutocontrast",
        arguments=always_applied,
    ),
    TransformEntry(
        name="sharpness",
        title=N_("Sharpness"),
        group="colour",
        idea=N_("Below 1 softer, above 1 sharper than the camera’s own."),
        harm=N_("Where fine texture is the class."),
        builds="RandomAdjustSharpness",
        arguments=lambda values: {"sharpness_factor": values["factor"], "p": 1.0},
        settings=(Number(name="factor", label=N_("Factor"), default=2.0, minimum=0.0, maximum=5.0, step=0.1),),
    ),
    TransformEntry(
        name="invert",
        title=N_("Invert"),
        group="colour",
        idea=N_("Black on white or white on black: the shape is the same."),
        harm=N_("Photographs are never negatives."),
        builds="RandomInvert",
        arguments=always_applied,
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
            "sigma": in_order(0.1, values["most"]),
        },
        settings=(
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
        settings=(
            Number(name="sigma", label=N_("σ, share of the range"), default=0.1, minimum=0.0, maximum=0.5, step=0.01),
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
        settings=(
            Integer(name="least", label=N_("Quality, at least"), default=10, minimum=1, maximum=100),
            Integer(name="most", label=N_("Quality, at most"), default=60, minimum=1, maximum=100),
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
            "scale": in_order(0.02, values["most"]),
            "ratio": (0.3, 3.3),
            "value": GREY,
        },
        settings=(
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
)
"""All that boxes and masks do not mind."""
