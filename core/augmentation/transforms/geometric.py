"""Geometric transforms: flips, rotations, zooms, warps, crops, each one row."""

from __future__ import annotations

from core.augmentation.transforms.arguments import BILINEAR
from core.augmentation.transforms.records import BLACK, TransformEntry, always_applied, in_order
from core.i18n import N_
from core.settings import Integer, Number

LARGEST_CROP = 512  # pixels
SIZE = Integer(name="size", label=N_("Side, pixels"), default=160, minimum=8, maximum=LARGEST_CROP)

GEOMETRIC_TRANSFORMS = (
    TransformEntry(
        name="flip",
        title=N_("Horizontal flip"),
        group="geometry",
        idea=N_("Left and right are as good as each other."),
        harm=N_("Text, hands, the side of an organ: the mirror image is something else."),
        builds="RandomHorizontalFlip",
        arguments=always_applied,
        moves=True,
    ),
    TransformEntry(
        name="vertical_flip",
        title=N_("Vertical flip"),
        group="geometry",
        idea=N_("There is no up and down: seen from above, or through a microscope."),
        harm=N_("Whatever stands on the ground; 6 becomes almost a 9."),
        builds="RandomVerticalFlip",
        arguments=always_applied,
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
        settings=(
            Number(name="degrees", label=N_("At most, degrees"), default=15.0, minimum=0.0, maximum=180.0, step=1.0),
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
            "scale": in_order(values["least"], values["most"]),
            "interpolation": BILINEAR,
            "fill": BLACK,
        },
        settings=(
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
        settings=(
            Number(name="degrees", label=N_("Rotation, degrees"), default=10.0, minimum=0.0, maximum=180.0, step=1.0),
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
        settings=(Number(name="distortion", label=N_("Distortion"), default=0.3, minimum=0.0, maximum=1.0, step=0.05),),
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
        settings=(
            Number(name="alpha", label=N_("How far, α"), default=50.0, minimum=0.0, maximum=200.0, step=5.0),
            Number(name="sigma", label=N_("How smooth, σ in pixels"), default=5.0, minimum=1.0, maximum=10.0, step=0.5),
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
        settings=(
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
        settings=(SIZE, Integer(name="padding", label=N_("Padding, pixels"), default=0, minimum=0, maximum=128)),
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
        settings=(SIZE,),
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
        settings=(SIZE,),
        moves=True,
    ),
)
"""All that boxes and masks go along with."""
