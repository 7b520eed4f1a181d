"""Section Model input: what the network receives of a sample and of the image itself."""

from __future__ import annotations

import streamlit as st

from core.augmentation.model_input import CHANNELS, model_input
from core.augmentation.pipeline import Pipeline
from core.i18n import N_
from core.images.picture import Picture
from pages.augmentation.sections import PAGE, choose_sample
from pages.components.caches import augmentation
from pages.components.figures.augmentation import histograms
from pages.components.i18n import _, number
from pages.components.inputs.model_select import BackboneChoice
from pages.components.jobs.weights_panel import ready_backbone

TITLES = {"red": N_("red"), "green": N_("green"), "blue": N_("blue")}


def draw(picture: Picture, choice: BackboneChoice, pipeline: Pipeline, seed: int) -> None:
    """Draw picture and sample as they arrive, with their histograms."""
    backbone = ready_backbone(choice)
    if backbone is None:
        return
    seen = backbone.preprocessing
    st.markdown(
        _(
            "After the pipeline: the shorter side to {resize} pixels, the middle {crop} × {crop}, minus the mean, by "
            "the standard deviation of each channel.",
            resize=seen.resize,
            crop=seen.crop,
        )
    )
    which = choose_sample()
    columns = st.columns(2, gap="large")
    for column, title, steps in ((columns[0], _("The picture"), Pipeline()), (columns[1], _("The sample"), pipeline)):
        (made,) = augmentation.augmented(picture, steps, seed, (which,))
        arrived = model_input(made.image, seen)
        low, high = arrived.range
        with column:
            st.image(arrived.image, width="stretch", caption=title, alt=title)
            st.plotly_chart(
                histograms(
                    arrived.edges,
                    dict(zip((_(TITLES[name]) for name in CHANNELS), arrived.counts, strict=True)),
                    _("value after normalisation"),
                    _("share of the pixels"),
                ),
                key=f"{PAGE}.histogram.{len(steps.steps) > 0}.{title}",
                alt=_("Histogram of each channel"),
                config={"displayModeBar": False},
            )
            means = ", ".join(number(value, ".2f") for value in arrived.means)
            st.caption(
                _("From {low} to {high}; means {means}.", low=number(low, ".2f"), high=number(high, ".2f"), means=means)
            )
