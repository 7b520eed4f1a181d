"""Augmentation: a pipeline of random transforms, its samples, and what becomes of pictures, boxes and the input."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from pages.augmentation import (
    boxes_and_masks,
    experiment,
    invariance,
    label_safety,
    model_input,
    pipeline_editor,
    sample_grid,
    several_images,
    step_by_step,
)
from pages.augmentation import export as take_along
from pages.augmentation.sections import PAGE, choose_section
from pages.components.header import header
from pages.components.i18n import _
from pages.components.inputs.model_select import chosen
from pages.components.layout import error_message
from pages.components.state import url_state

header(
    PAGE,
    _("Augmentation"),
    _("What do flips, crops, rotations and colour changes do to a picture, and when do they help a network?"),
)
picture, backbone = chosen()
section = choose_section()
left, right = st.columns([2, 5], gap="large")
with left, st.container(key="augmentation-editor"):
    pipeline = pipeline_editor.draw()
    seed = pipeline_editor.draw_seed()
    take_along.draw(picture, pipeline, seed)
with right:
    try:
        if section == "samples":
            sample_grid.draw(picture, pipeline, seed)
        elif section == "steps":
            step_by_step.draw(picture, pipeline, seed)
        elif section == "several":
            several_images.draw(picture, pipeline, seed)
        elif section == "along":
            boxes_and_masks.draw(picture, pipeline, seed)
        elif section == "receives":
            model_input.draw(picture, backbone, pipeline, seed)
        elif section == "mind":
            invariance.draw(picture, backbone, pipeline, seed)
        elif section == "labels":
            label_safety.draw(picture, backbone, pipeline, seed)
        else:
            experiment.draw(pipeline, seed)
    except UserError as problem:
        error_message.show(problem)
url_state.publish()
