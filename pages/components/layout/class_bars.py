"""The most probable classes as bars."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.visualization.predictions import top_classes
from pages.components.i18n import _, number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.architectures.loading import Backbone


def draw_top_classes(backbone: Backbone, logits: NDArray[np.float32], count: int) -> None:
    """Draw the `count` most probable classes with their probabilities."""
    predictions = top_classes(logits, backbone.class_names, count)
    st.markdown(_("**Top {count} classes**", count=count))
    draw_bars(
        [
            (_(prediction.label), number(prediction.probability, ".1%"), prediction.probability)
            for prediction in predictions
        ]
    )
    if not backbone.trained:
        st.caption(_("Untrained weights: these classes mean nothing."))
    elif backbone.is_unsure(predictions[0].probability):
        st.caption(_("Not sure: it may be none of the {count} things that it knows.", count=len(backbone.class_names)))


def draw_bars(rows: Sequence[tuple[str, str, float]]) -> None:
    """Draw a bar for each name with its figure as text, and as a share of the whole width."""
    items = "".join(
        f'<li><span>{html.escape(name)}</span><b>{html.escape(figure)}</b><i style="width:{share:.2%}"></i></li>'
        for name, figure, share in rows
    )
    st.html(f'<ol class="top-classes">{items}</ol>')
