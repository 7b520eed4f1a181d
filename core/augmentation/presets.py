"""Preset pipelines, each one row."""

from __future__ import annotations

from dataclasses import dataclass

from core.augmentation.pipeline import Pipeline, read
from core.i18n import N_
from core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A pipeline to begin with: `text` as in a link, `idea` what it is for."""

    name: str
    title: str
    idea: str
    text: str

    @property
    def pipeline(self) -> Pipeline:
        """Return the pipeline."""
        return read(self.text)


PRESETS: Registry[Preset] = Registry(
    N_("preset"),
    (
        Preset(
            name="imagenet",
            title=N_("ImageNet recipe"),
            idea=N_(
                "What torchvision trains with since 2021: random resized crops, flips, TrivialAugment, random erasing."
            ),
            text="resized_crop.1.size:224~flip.2.p:0,5~trivial_augment.3~erase.4.p:0,1",
        ),
        Preset(
            name="light",
            title=N_("Light"),
            idea=N_("Flips, small tilts and a little brightness: rarely wrong for photographs."),
            text="flip.1.p:0,5~rotate.2.degrees:10~brightness.3.strength:0,2",
        ),
        Preset(
            name="strong",
            title=N_("Strong"),
            idea=N_("For few pictures and long training: half of each picture, turned, coloured and covered."),
            text=(
                "resized_crop.1.least:0,3~flip.2.p:0,5~affine.3.degrees:25.shear:10~brightness.4~contrast.5~"
                "saturation.6~hue.7~erase.8.p:0,5"
            ),
        ),
        Preset(
            name="medical",
            title=N_("Medical"),
            idea=N_("Small shifts, tilts and bends; no mirror where sides matter, no colours where they measure."),
            text="affine.1.degrees:7.shift:0,05.scale:0,1.shear:0~elastic.2.p:0,5~noise.3.p:0,3.sigma:0,03",
        ),
        Preset(
            name="text",
            title=N_("Text and digits"),
            idea=N_("As a scanner or a hand would: small tilts, shear, thickness; never mirrored or turned over."),
            text="affine.1.degrees:8.shift:0,08.scale:0,15.shear:12~elastic.2.p:0,5.alpha:30~blur.3.p:0,3.most:1",
        ),
    ),
)
