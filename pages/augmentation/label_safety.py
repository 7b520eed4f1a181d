"""Section Labels: warnings where a label may no longer be true, and samples to judge."""

from __future__ import annotations

import streamlit as st

from core.augmentation.label_safety import DEPENDS, LOST_BELOW, warnings_for
from core.augmentation.pipeline import Pipeline
from core.i18n import N_
from core.images.picture import Picture
from core.settings import Identifier
from pages.augmentation.sections import PAGE, SAMPLES
from pages.components.caches import augmentation
from pages.components.i18n import _, number
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_multi_setting
from pages.components.jobs.weights_panel import ready_backbone
from pages.components.layout.image_tiles import Tile, draw_tiles

CHOSEN = Identifier(name="depends", label=N_("What tells the classes apart"), default="")


def draw(picture: Picture, choice: BackboneChoice, pipeline: Pipeline, seed: int) -> None:
    """Draw the question, the warnings, and the samples with what is left of the evidence."""
    st.markdown(_("A label stays true only if what tells the classes apart survives. Only you know what that is:"))
    with st.container(key="augmentation-depends"):
        chosen = draw_multi_setting(
            CHOSEN, PAGE, list(DEPENDS), lambda name: _(DEPENDS[name]), label_visibility="collapsed"
        )
    found = warnings_for(pipeline, chosen)
    for warning in found:
        st.warning(
            _(
                "**{title}** · {what}: {reason}",
                title=_(warning.step.entry.title),
                what=_(DEPENDS[warning.rule.depends]),
                reason=_(warning.rule.reason),
            ),
            icon=":material/label_off:",
        )
    if chosen and not found:
        st.success(_("No step of this pipeline is known to harm that."), icon=":material/label:")
    _draw_losses(picture, choice, pipeline, seed)


def _draw_losses(picture: Picture, choice: BackboneChoice, pipeline: Pipeline, seed: int) -> None:
    st.subheader(_("Is it still in the picture?"), anchor=False)
    backbone = ready_backbone(choice)
    if backbone is None:
        return
    numbers = tuple(range(SAMPLES))
    with st.spinner(_("The network looks at the samples…")):
        kept = augmentation.evidence_left(picture, pipeline, seed, numbers, backbone)
    lost = [number_ for number_, share in zip(numbers, kept.shares, strict=True) if share < LOST_BELOW]
    st.markdown(
        _(
            "Where the network finds “{name}” in the picture (Grad-CAM) is taken for where the thing is. **{count} of "
            "{all} samples keep less than {border} of that.**",
            name=_(backbone.class_names[kept.label]),
            count=len(lost),
            all=SAMPLES,
            border=number(LOST_BELOW, ".0%"),
        )
    )
    tiles = [
        Tile(
            made.image,
            str(made.number + 1),
            [_("{share} of the evidence", share=number(share, ".0%"))],
            is_dim=share < LOST_BELOW,
        )
        for made, share in zip(augmentation.augmented(picture, pipeline, seed, numbers), kept.shares, strict=True)
    ]
    draw_tiles(tiles, _("Sample"))
    st.caption(_("What crops, zooms and turns leave is counted; what is erased, or moved by a policy, is not."))
