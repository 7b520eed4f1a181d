"""Augmentation: a pipeline of random transforms, its samples, and what becomes of pictures, boxes and the input."""

from __future__ import annotations

import streamlit as st

from core.errors import Problem
from pages.augmentation import along, editor, helps, labels, mind, receives, samples, several, steps, take_along
from pages.augmentation.parts import PAGE, choose_part
from pages.components import link, problems
from pages.components.choosers import chosen
from pages.components.header import header
from pages.components.words import _

header(
    PAGE,
    _("Augmentation"),
    _("What do flips, crops, rotations and colour changes do to a picture, and when do they help a network?"),
)
picture, backbone = chosen()
part = choose_part()
left, right = st.columns([2, 5], gap="large")
with left, st.container(key="augmentation-editor"):
    pipeline = editor.draw()
    seed = editor.draw_seed()
    take_along.draw(picture, pipeline, seed)
with right:
    try:
        if part == "samples":
            samples.draw(picture, pipeline, seed)
        elif part == "steps":
            steps.draw(picture, pipeline, seed)
        elif part == "several":
            several.draw(picture, pipeline, seed)
        elif part == "along":
            along.draw(picture, pipeline, seed)
        elif part == "receives":
            receives.draw(picture, backbone, pipeline, seed)
        elif part == "mind":
            mind.draw(picture, backbone, pipeline, seed)
        elif part == "labels":
            labels.draw(picture, backbone, pipeline, seed)
        else:
            helps.draw(pipeline, seed)
    except Problem as problem:
        problems.show(problem)
link.publish()
