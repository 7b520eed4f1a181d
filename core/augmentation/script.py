"""A pipeline as a program of its own, which needs torchvision alone and draws the very samples of the preview."""

from __future__ import annotations

import inspect

from core.augmentation.pipeline import Pipeline
from core.augmentation.transforms.arguments import OURS, written
from core.scripts import render_script

PROGRAM, PICTURE = "augment.py", "picture.png"


def write_script(pipeline: Pipeline, seed: int, numbers: range) -> str:
    """Return the program that writes the samples of these numbers; a test compares them pixel by pixel."""
    return render_script(
        "augmentation",
        file_name=PROGRAM,
        picture=PICTURE,
        seed=seed,
        numbers=numbers,
        own=_own({step.entry.builds for step in pipeline.active} & set(OURS)),
        steps=[
            {
                "key": step.key,
                "chance": step.chance,
                "least": step.entry.least(step.value),
                "transform": written(step.entry.builds, step.entry.arguments(step.value)),
            }
            for step in pipeline.active
        ],
    )


def _own(names: set[str]) -> str:
    """Return the source of transforms that are ours."""
    if not names:
        return ""
    from core.augmentation.transforms import custom

    sources = [inspect.getsource(getattr(custom, name)) for name in sorted(names)]
    return "\n\n" + "\n\n".join(source.replace("  # type: ignore[misc]", "") for source in sources)
