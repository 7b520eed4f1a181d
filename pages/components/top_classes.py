"""The most probable classes as bars."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from core.visualization.predictions import Prediction, top_classes
from pages.components.words import _, number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.architectures.loading import Backbone


def draw_top_classes(backbone: Backbone, logits: NDArray[np.float32], count: int) -> None:
    """Draw the `count` most probable classes with their probabilities."""
    predictions = top_classes(logits, backbone.class_names, count)
    st.markdown(_("**Top {count} classes**", count=count))
    st.html(_bars(predictions))
    if not backbone.trained:
        st.caption(_("Untrained weights: these classes mean nothing."))
    elif backbone.is_unsure(predictions[0].probability):
        st.caption(_("Not sure: it may be none of the {count} things that it knows.", count=len(backbone.class_names)))


def _bars(predictions: tuple[Prediction, ...]) -> str:
    rows = "".join(
        f"<li><span>{html.escape(_(prediction.label))}</span><b>{number(prediction.probability, '.1%')}</b>"
        f'<i style="width:{prediction.probability:.2%}"></i></li>'
        for prediction in predictions
    )
    return f'<ol class="top-classes">{rows}</ol>'
