"""Augmentation policies, several operations drawn together, each one row."""

from __future__ import annotations

from core.augmentation.transforms.arguments import BILINEAR, IMAGENET_POLICY
from core.augmentation.transforms.records import GREY, TransformEntry
from core.i18n import N_
from core.settings import Integer

POLICIES = (
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
        settings=(
            Integer(name="operations", label=N_("Operations"), default=2, minimum=1, maximum=6),
            Integer(name="magnitude", label=N_("Magnitude, of 30"), default=9, minimum=0, maximum=30),
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
        settings=(
            Integer(name="severity", label=N_("Severity, of 10"), default=3, minimum=1, maximum=10),
            Integer(name="width", label=N_("Chains"), default=3, minimum=1, maximum=6),
        ),
        alone=True,
    ),
)
"""All that torchvision applies to pictures without boxes only."""
