"""What is taken along: the pipeline as code and as JSON, the samples as a ZIP, and what each step costs."""

from __future__ import annotations

import streamlit as st

from core.augmentation.export import PipelineExport
from core.augmentation.pipeline import Pipeline
from core.images.picture import Picture
from pages.augmentation.sections import PAGE, SAMPLES
from pages.components.caches import augmentation
from pages.components.i18n import _, number
from pages.components.layout.export_panel import draw_export_panel


def draw(picture: Picture, pipeline: Pipeline, seed: int) -> None:
    """Draw the downloads, and the times when they are asked for."""
    image = augmentation.working(picture)
    draw_export_panel(PipelineExport(image=image, pipeline=pipeline, seed=seed, numbers=range(SAMPLES)))
    if not pipeline.active:
        return
    if st.button(_("Time each step"), icon=":material/timer:", key=f"{PAGE}.time", width="stretch"):
        with st.spinner(_("Timing…")):
            times = augmentation.step_times(picture, pipeline, seed)
        for time in times:
            title = _(pipeline.step(time.key).entry.title)
            st.caption(_("{title}: {time} ms a picture", title=title, time=number(time.milliseconds, ".2g")))
        st.caption(
            _(
                "On {width} × {height} pixels, one core, the median of several samples.",
                width=image.width,
                height=image.height,
            )
        )
