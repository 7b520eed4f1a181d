"""What is taken along: the pipeline as code and as JSON, the samples as a ZIP, and what each step costs."""

from __future__ import annotations

import functools

import streamlit as st

from core.augmentation.export import PIPELINE, packed
from core.augmentation.pipeline import Pipeline, to_json
from core.augmentation.script import PROGRAM, program
from core.images.picture import Picture
from pages.augmentation.sections import PAGE, SAMPLES
from pages.components.caches import augmentation
from pages.components.i18n import _, number
from pages.components.layout.export_buttons import Download, export


def draw(picture: Picture, pipeline: Pipeline, seed: int) -> None:
    """Draw the downloads, and the times when they are asked for."""
    numbers = range(SAMPLES)
    image = augmentation.working(picture)
    downloads = [
        Download(
            _("Samples (ZIP)"),
            "samples.zip",
            "application/zip",
            functools.partial(packed, image, pipeline, seed, numbers),
        ),
        Download(_("Pipeline (JSON)"), PIPELINE, "application/json", lambda: to_json(pipeline, seed).encode()),
    ]
    export(downloads, program(pipeline, seed, numbers), PROGRAM, width="stretch")
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
