"""A pipeline as a program of its own, which needs torchvision alone and draws the very samples of the preview."""

from __future__ import annotations

import inspect

from core.augmentation.pipeline import Pipeline
from core.augmentation.transforms.arguments import OURS, written

PROGRAM, PICTURE = "augment.py", "picture.png"
TEMPLATE = '''\
"""A pipeline of augmentations; made with ConvScope, needs torchvision alone.

    python {file_name} {picture}

writes the samples beside the picture.
"""

import hashlib
{imports}import sys
from pathlib import Path
{typing}
import torch
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

SEED = {seed}
NUMBERS = range({start}, {end})
{own}

STEPS = (  # a key that its random numbers follow from, the probability, the least side in pixels, the transform
{steps}
)


def seed_of(number: int, key: int) -> int:
    """Every step of every sample draws from a seed of its own."""
    return int.from_bytes(hashlib.sha256(f"{{SEED}}/{{number}}/{{key}}".encode()).digest()[:8], "big") >> 1


def augmented(image: torch.Tensor, number: int) -> torch.Tensor:
    """Return a sample of a picture (3, height, width) uint8."""
    for key, probability, least, transform in STEPS:
        if min(image.shape[-2:]) < least:
            continue
        torch.manual_seed(seed_of(number, key))
        if torch.rand(()) < probability:
            image = transform(image)
    return image


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "{picture}")
    picture = tv_tensors.Image(F.pil_to_tensor(Image.open(path).convert("RGB")))
    for number in NUMBERS:
        F.to_pil_image(augmented(picture, number)).save(path.with_name(f"{{path.stem}}-{{number:02d}}.png"))
'''
STEP = "    ({key}, {chance!r}, {least}, {transform}),"


def program(pipeline: Pipeline, seed: int, numbers: range) -> str:
    """Return the program that writes the samples of these numbers; a test compares them pixel by pixel."""
    own = _own({step.entry.builds for step in pipeline.active} & set(OURS))
    steps = "\n".join(
        STEP.format(
            key=step.key,
            chance=step.chance,
            least=step.entry.least(step.value),
            transform=written(step.entry.builds, step.entry.arguments(step.value)),
        )
        for step in pipeline.active
    )
    return TEMPLATE.format(
        file_name=PROGRAM,
        picture=PICTURE,
        imports="import io\n" if "io." in own else "",
        typing="from typing import Any\n" if own else "",
        seed=seed,
        start=numbers.start,
        end=numbers.stop,
        own=own,
        steps=steps,
    )


def _own(names: set[str]) -> str:
    """Return the source of transforms that are ours."""
    if not names:
        return ""
    from core.augmentation.transforms import custom

    sources = [inspect.getsource(getattr(custom, name)) for name in sorted(names)]
    return "\n\n" + "\n\n".join(source.replace("  # type: ignore[misc]", "") for source in sources)
