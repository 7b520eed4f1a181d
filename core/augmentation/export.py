"""Exports of a pipeline: its samples as a ZIP archive, and the time of each step."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image

from core.augmentation.pipeline import Pipeline, to_json
from core.augmentation.sampling import apply, draw_samples, seed_of, tensor_of
from core.augmentation.script import PICTURE, PROGRAM, write_script
from core.encoding import png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_

REPEATS = 8
PIPELINE = "pipeline.json"


@dataclass(frozen=True)
class StepTime:
    """How many milliseconds a step takes for one picture, the median of several samples, on one core."""

    key: int
    milliseconds: float


def zip_bytes(image: Image.Image, pipeline: Pipeline, seed: int, numbers: range) -> bytes:
    """Return a ZIP archive with the picture, its samples as PNG, the program that makes them, and the pipeline."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:  # PNG packs no further
        archive.writestr(PICTURE, png_bytes(image))
        for sample in draw_samples(image, pipeline, seed, numbers):
            archive.writestr(f"samples/{sample.number:02d}.png", png_bytes(Image.fromarray(sample.image)))
        archive.writestr(PROGRAM, write_script(pipeline, seed, numbers))
        archive.writestr(PIPELINE, to_json(pipeline, seed))
    return content.getvalue()


def time_steps(image: Image.Image, pipeline: Pipeline, seed: int, repeats: int = REPEATS) -> Sequence[StepTime]:
    """Return what each active step takes where it stands, chance left out: it is always applied."""
    always = pipeline.changed_all(chance=1.0).active
    taken: dict[int, list[float]] = {step.key: [] for step in always}
    start = tensor_of(image)
    for number in range(repeats):
        inputs: tuple[object, ...] = (start,)
        for step in always:
            begun = time.perf_counter()
            inputs, _drawn = apply(step, inputs, seed_of(seed, number, step.key))
            taken[step.key].append(1000 * (time.perf_counter() - begun))
    return [StepTime(key, median(times)) for key, times in taken.items()]


@dataclass(frozen=True, kw_only=True, eq=False)
class PipelineExport:
    """The pipeline on the screen, and the samples of `image` with these `numbers`."""

    image: Image.Image
    pipeline: Pipeline
    seed: int
    numbers: range


@exports_of.register
def _exports(shown: PipelineExport) -> Exports:
    files = (
        ExportFile(
            N_("Samples (ZIP)"),
            "samples.zip",
            "application/zip",
            lambda: zip_bytes(shown.image, shown.pipeline, shown.seed, shown.numbers),
        ),
        ExportFile(
            N_("Pipeline (JSON)"), PIPELINE, "application/json", lambda: to_json(shown.pipeline, shown.seed).encode()
        ),
    )
    return Exports(files, write_script(shown.pipeline, shown.seed, shown.numbers), PROGRAM)
