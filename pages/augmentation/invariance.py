"""Section Invariance: predictions under one swept transform and over samples, their evidence, their features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation.invariance import SWEEPS, SampleResponses, TransformSweep
from core.augmentation.pipeline import Pipeline
from core.i18n import N_
from core.images.picture import Picture
from core.settings import Choice
from pages.augmentation.sections import PAGE, choose_sample, show_sample, shown_sample
from pages.augmentation.sections import SAMPLES as COUNT
from pages.components.caches import augmentation
from pages.components.figures.augmentation import feature_map, stability_curves
from pages.components.i18n import _, number
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.weights_panel import ready_backbone
from pages.components.layout.image_tiles import Tile, draw_tiles, pick_tile

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

SWEEP = Choice(
    name="sweep",
    label=N_("Turned from end to end"),
    default="angle",
    options=tuple((sweep.name, sweep.title) for sweep in SWEEPS.values()),
)
CLASSES_SHOWN = 5
NUMBERS = tuple(range(COUNT))


def draw(picture: Picture, choice: BackboneChoice, pipeline: Pipeline, seed: int) -> None:
    """Draw the answers to the samples, one sample's evidence, the curves of a sweep, and the map of features."""
    backbone = ready_backbone(choice)
    if backbone is None:
        return
    if not backbone.trained:
        st.caption(_("Untrained weights: these classes mean nothing."))
    names = [_(name) for name in backbone.class_names]
    with st.spinner(_("The network looks at the samples…")):
        responses = augmentation.responses(picture, pipeline, seed, NUMBERS, backbone)
    _draw_answers(picture, pipeline, seed, responses, backbone, names)
    _draw_evidence(picture, pipeline, seed, backbone, names)
    _draw_sweep(picture, backbone, names)
    _draw_features(responses)


def _draw_answers(
    picture: Picture, pipeline: Pipeline, seed: int, responses: SampleResponses, backbone: Backbone, names: list[str]
) -> None:
    """Draw the samples with their answers; the one that is clicked shows its evidence in its place."""
    first, picked = responses.first, shown_sample()
    st.markdown(
        _(
            "As it is, the picture is “{name}” with {probability}. **{kept} of the samples are given that class too.**",
            name=names[first],
            probability=number(float(responses.original[first]), ".0%"),
            kept=number(responses.share_kept, ".0%"),
        )
    )
    tiles = []
    for made, shares in zip(
        augmentation.augmented(picture, pipeline, seed, NUMBERS), responses.probabilities, strict=True
    ):
        label = int(shares.argmax())
        lines = [_("{name}: {share}", name=names[label], share=number(float(shares[label]), ".0%"))]
        if label != first:
            lines.append(_("{name}: {share}", name=names[first], share=number(float(shares[first]), ".0%")))
        image = augmentation.sample_evidence(made.image, backbone).image if made.number == picked else made.image
        height, width = made.image.shape[:2]
        tiles.append(Tile(image, str(made.number + 1), lines, is_dim=label != first, ratio=width / height))
    pick_tile(f"{PAGE}.answers", tiles, _("Sample"), picked, show_sample)
    said = _("Click a sample to see where its answer comes from.")
    if responses.share_kept < 1:
        said += " " + _("Pale: samples that are given another class.")
    st.caption(said)


def _draw_sweep(picture: Picture, backbone: Backbone, names: list[str]) -> None:
    st.subheader(_("Along one transform"), anchor=False)
    sweep = SWEEPS[draw_setting(SWEEP, PAGE, width=320)]
    with st.spinner(_("The network looks at {count} pictures…", count=len(sweep.values))):
        found = augmentation.stability(picture, sweep.name, backbone)
    curves = {names[label]: found.probabilities[:, label] for label in found.strongest(CLASSES_SHOWN)}
    flips = [flip for flip in found.flips if flip is not None]
    title = _(sweep.title)
    st.plotly_chart(
        stability_curves(found.values, curves, sweep.neutral, flips, title, _("probability")),
        key=f"{PAGE}.sweep_chart",
        alt=_("Probability of the likeliest classes along the transform"),
        config={"displayModeBar": False},
    )
    if len(flips) == 2:
        first, second = (_value(sweep, flip) for flip in flips)
        st.caption(
            _("The first answer changes at {first} and at {second}: the dotted lines.", first=first, second=second)
        )
    elif flips:
        st.caption(_("The first answer changes at {where}: the dotted line.", where=_value(sweep, flips[0])))
    else:
        st.caption(_("The first answer stays the same from end to end."))


def _value(sweep: TransformSweep, value: float) -> str:
    return f"{number(value, '.2g')}{sweep.unit}"


def _draw_evidence(picture: Picture, pipeline: Pipeline, seed: int, backbone: Backbone, names: list[str]) -> None:
    st.subheader(_("Where the answer comes from"), anchor=False)
    which = choose_sample()
    (made,) = augmentation.augmented(picture, pipeline, seed, (which,))
    start = augmentation.augmented(picture, Pipeline(), seed, (which,))[0]
    tiles = []
    for title, sample in ((_("The picture"), start), (_("Sample {number}", number=which + 1), made)):
        found = augmentation.sample_evidence(sample.image, backbone)
        tiles.append(
            Tile(
                found.image,
                title,
                [
                    _(
                        "{name}: {share}; colours {low} to {high}",
                        name=names[found.answer],
                        share=number(found.probability, ".0%"),
                        low=number(found.low, ".2g"),
                        high=number(found.high, ".2g"),
                    )
                ],
            )
        )
    draw_tiles(tiles, _("Evidence"), are_large=True)
    st.caption(_("Grad-CAM for the first answer to each, on the last stage."))


def _draw_features(responses: SampleResponses) -> None:
    st.subheader(_("How features move"), anchor=False)
    words = {"start": _("the picture"), "samples": _("its samples"), "others": _("other sample pictures")}
    st.plotly_chart(
        feature_map(responses.places, responses.start, responses.others, words),
        key=f"{PAGE}.features",
        alt=_("Features of the picture, its samples and other pictures on a plane"),
        config={"displayModeBar": False},
    )
    st.caption(
        _(
            "Features of the last stage on the two directions in which they differ most ({explained} of the variance). "
            "On average the samples move {spread} as far as other pictures are away.",
            explained=number(responses.explained, ".0%"),
            spread=number(responses.spread, ".0%"),
        )
    )
