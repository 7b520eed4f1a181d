"""Whether a label survives an augmentation: rules, and how much of the evidence a crop keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.augmentation.pipeline import Pipeline, Step
from core.i18n import N_
from core.registry import Registry

if TYPE_CHECKING:
    from core.augmentation.boxes_and_masks import Geometry

Floats = NDArray[np.float32]
LOST_BELOW = 0.5  # of the evidence: of less, the label may no longer be true
RECOLOURING = ("auto_augment", "rand_augment", "trivial_augment")
DEPENDS = {
    "reading": N_("text or digits"),
    "sides": N_("left and right"),
    "upright": N_("which way is up"),
    "colour": N_("colour"),
    "levels": N_("brightness that measures something"),
    "texture": N_("fine texture"),
    "size": N_("size"),
    "outline": N_("exact shape"),
}
"""What may tell classes apart."""


def _always(_values: dict[str, Any]) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class LabelRule:
    """Where a transform may make a label untrue: `depends` is what the classes depend on, `transforms` what breaks it.

    `when` says at which values of the settings; `reason` is marked for translation.
    """

    name: str
    depends: str
    transforms: tuple[str, ...]
    reason: str
    when: Callable[[dict[str, Any]], bool] = _always

    def __post_init__(self) -> None:
        if self.depends not in DEPENDS:
            raise ValueError(f"{self.name}: nothing is called {self.depends!r}")

    def breaks(self, step: Step) -> bool:
        """Return whether a step may make a label untrue."""
        return step.transform in self.transforms and self.when(dict(step.value))


RULES: Registry[LabelRule] = Registry(
    N_("rule"),
    (
        LabelRule(
            name="mirrored_text",
            depends="reading",
            transforms=("flip", "vertical_flip"),
            reason=N_("Mirrored letters and digits are other signs, or none."),
        ),
        LabelRule(
            name="six_and_nine",
            depends="reading",
            transforms=("rotate", "affine"),
            when=lambda values: values["degrees"] > 90,
            reason=N_("Beyond 90° a 6 becomes a 9, and a p a d."),
        ),
        LabelRule(
            name="mirrored_sides",
            depends="sides",
            transforms=("flip",),
            reason=N_("Left becomes right: another hand, another side of the body."),
        ),
        LabelRule(
            name="upside_down",
            depends="upright",
            transforms=("vertical_flip",),
            reason=N_("What was up is down."),
        ),
        LabelRule(
            name="turned_over",
            depends="upright",
            transforms=("rotate", "affine"),
            when=lambda values: values["degrees"] > 45,
            reason=N_("Beyond 45°, lying and standing are mixed up."),
        ),
        LabelRule(
            name="other_colours",
            depends="colour",
            transforms=("greyscale", "invert", "solarise", *RECOLOURING),
            reason=N_("It takes colours away or replaces them."),
        ),
        LabelRule(
            name="turned_hue",
            depends="colour",
            transforms=("hue",),
            when=lambda values: values["turn"] > 0.03,
            reason=N_("Beyond about 0.03 of the circle, red turns orange."),
        ),
        LabelRule(
            name="pale_colours",
            depends="colour",
            transforms=("saturation",),
            when=lambda values: values["strength"] > 0.6,
            reason=N_("Near 0, colours are almost grey."),
        ),
        LabelRule(
            name="other_levels",
            depends="levels",
            transforms=(
                *("brightness", "contrast", "equalise", "autocontrast", "invert", "solarise", "posterise"),
                *RECOLOURING,
                "aug_mix",
            ),
            reason=N_("Grey levels no longer measure what they did."),
        ),
        LabelRule(
            name="blurred_texture",
            depends="texture",
            transforms=("blur",),
            when=lambda values: values["most"] > 1,
            reason=N_("Blur takes fine texture away."),
        ),
        LabelRule(
            name="noisy_texture",
            depends="texture",
            transforms=("noise",),
            when=lambda values: values["sigma"] > 0.05,
            reason=N_("Noise of that strength hides fine texture."),
        ),
        LabelRule(
            name="compressed_texture",
            depends="texture",
            transforms=("jpeg",),
            when=lambda values: min(values["least"], values["most"]) < 50,
            reason=N_("Compression replaces fine texture by blocks."),
        ),
        LabelRule(
            name="other_size",
            depends="size",
            transforms=("zoom",),
            reason=N_("Small things become large and large ones small."),
        ),
        LabelRule(
            name="cropped_size",
            depends="size",
            transforms=("resized_crop",),
            when=lambda values: values["least"] < 0.6,
            reason=N_("A small part is enlarged to the whole."),
        ),
        LabelRule(
            name="bent_outline",
            depends="outline",
            transforms=("elastic",),
            reason=N_("Outlines are bent."),
        ),
        LabelRule(
            name="slanted_outline",
            depends="outline",
            transforms=("affine", "perspective"),
            when=lambda values: values.get("shear", 0) > 15 or values.get("distortion", 0) > 0.4,
            reason=N_("Angles and proportions are no longer those of the thing."),
        ),
    ),
)


@dataclass(frozen=True)
class LabelWarning:
    """A step that may make the label untrue, and the rule that says so."""

    step: Step
    rule: LabelRule


def warnings_for(pipeline: Pipeline, depends: Iterable[str]) -> list[LabelWarning]:
    """Return what to be careful about, in the order of the steps, where the classes depend on these things."""
    chosen = set(depends)
    return [
        LabelWarning(step, rule)
        for step in pipeline.active
        if step.chance > 0
        for rule in RULES.values()
        if rule.depends in chosen and rule.breaks(step)
    ]


def evidence_kept(geometry: Geometry, evidence: Floats, size: tuple[int, int], seen: float) -> float:
    """Return the share of the positive evidence that is still inside a sample.

    `evidence` (height, width) covers the middle square of the picture, whose `size` is width and height: a share `seen`
    of the shorter side, as the network receives it. Where there is no evidence, the share of the area is returned.
    """
    points = len(geometry.grid)
    width, height = size
    x, y = np.meshgrid(np.linspace(0, width, points), np.linspace(0, height, points))
    side = seen * min(size)
    across, down = (x - (width - side) / 2) / side, (y - (height - side) / 2) / side
    within = (across >= 0) & (across < 1) & (down >= 0) & (down < 1)
    rows, columns = evidence.shape
    row, column = (
        np.clip((down * rows).astype(int), 0, rows - 1),
        np.clip((across * columns).astype(int), 0, columns - 1),
    )
    weights = np.where(within, np.maximum(evidence[row, column], 0), 0)
    total = float(weights.sum())
    return float((weights * geometry.inside).sum() / total) if total > 0 else geometry.kept
