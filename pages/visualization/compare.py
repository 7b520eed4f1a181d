"""The same picture through two or three backbones side by side, aligned by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.images.picture import Picture
from core.images.preprocessing import Fit
from core.visualization.activations.grid import GridView, arrange
from core.visualization.activations.stage_alignment import Level, StageOutput, align
from pages.components.caches import models
from pages.components.i18n import _
from pages.components.inputs.comparison_select import choose_others
from pages.components.inputs.model_select import BackboneChoice
from pages.components.jobs.weights_panel import ready_backbone
from pages.components.layout.class_bars import draw_top_classes
from pages.visualization.network_input import fit_in_use
from pages.visualization.number_format import range_text

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Activations

CHANNELS, COLUMNS, CELL = 8, 4, 96
VIEW = GridView(order="mean", normalisation="layer")


def compare(picture: Picture, backbone: Backbone) -> None:
    """Draw what `backbone` and up to two others make of `picture`, stage by stage at the same resolution."""
    first = BackboneChoice(backbone.entry, backbone.weights, backbone.seed)
    choices = list(choose_others(first))
    if not choices:
        st.info(_("Choose one or two more backbones to compare {title} with.", title=backbone.entry.title))
        return
    fit = fit_in_use()
    columns = st.columns(1 + len(choices), gap="medium")
    pairs = []
    for column, choice in zip(columns, [None, *choices], strict=True):
        with column:
            pair = _draw_head(picture, backbone if choice is None else choice, fit)
            if pair is not None:
                pairs.append(pair)
    if len(pairs) < len(columns):
        return
    for level in align([(model.preprocessing.crop, activations) for model, activations in pairs]):
        _draw_level(level, pairs)


def _draw_head(picture: Picture, choice: Backbone | BackboneChoice, fit: Fit) -> tuple[Backbone, Activations] | None:
    st.subheader(choice.entry.title, anchor=False)
    model = ready_backbone(choice) if isinstance(choice, BackboneChoice) else choice
    if model is None:
        return None
    activations = models.activations(model, picture, fit)
    st.caption(_(model.description))
    draw_top_classes(model, activations.logits, 3)
    return model, activations


def _draw_level(level: Level, pairs: list[tuple[Backbone, Activations]]) -> None:
    if level.reduction == 1:
        text = _("Full resolution")
    else:
        text = _("1/{reduction} of the resolution", reduction=level.reduction)
    st.markdown(f"**{text}**")
    columns = st.columns(len(pairs), gap="medium")
    for column, output, (_model, activations) in zip(columns, level.outputs, pairs, strict=True):
        with column:
            if output is None:
                st.caption(_("no stage at this resolution"))
            else:
                _draw_output(output, activations)


def _draw_output(output: StageOutput, activations: Activations) -> None:
    from core.visualization.activations.drawing import draw_maps

    grid = arrange(activations.maps(output.layer), VIEW)
    shape = "×".join(str(size) for size in output.shape)
    text = _("{stage} · {shape}", stage=_(output.label), shape=shape)
    st.image(draw_maps(grid, CHANNELS, COLUMNS, CELL), width="stretch", alt=text)
    st.caption(f"{text} · {range_text(grid, VIEW)}")
