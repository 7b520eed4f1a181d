"""Draws samples of a pipeline with the parameters that were really used.

Each step of each sample draws from a generator of its own, seeded by the seed, the number of the sample and the step's
key: the same samples in any session, on any run, and turning one setting leaves all else as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.augmentation.pipeline import Pipeline, Step
from core.augmentation.transforms.arguments import build

if TYPE_CHECKING:
    from torch import Tensor

WORKING_SIDE = 320  # pixels, the longer side of the picture that samples are drawn from
DIGITS = 3  # of a number that was drawn


@dataclass(frozen=True)
class StepDraw:
    """What a step of a sample drew: whether it was applied, and its parameters, names and texts.

    `skipped_for` says why not: "chance" where it was not its turn, "small" where the picture was too small for it.
    """

    key: int
    was_applied: bool
    parameters: tuple[tuple[str, str], ...] = ()
    skipped_for: str = ""


@dataclass(frozen=True, eq=False)
class DrawnSample:
    """One sample: `image` (height, width, 3) uint8, what each step drew, and the picture after each step, if kept.

    `others` are the boxes, masks and key points that went along.
    """

    number: int
    image: NDArray[np.uint8]
    drawn: tuple[StepDraw, ...]
    after: tuple[NDArray[np.uint8], ...] = ()
    others: tuple[Any, ...] = ()

    @property
    def bytes(self) -> int:
        """Return the memory that its pictures take, in bytes."""
        return self.image.nbytes + sum(image.nbytes for image in self.after)


def seed_of(seed: int, number: int, key: int) -> int:
    """Return what a step of a sample is seeded with, in [0, 2⁶³)."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}/{key}".encode()).digest()[:8], "big") >> 1


def draw_samples(image: Image.Image, pipeline: Pipeline, seed: int, numbers: Sequence[int]) -> list[DrawnSample]:
    """Return the samples of these numbers."""
    return list(stream_samples(image, pipeline, seed, numbers))


def stream_samples(
    image: Image.Image,
    pipeline: Pipeline,
    seed: int,
    numbers: Sequence[int],
    *,
    keep: bool = False,
    others: Sequence[Any] = (),
) -> Iterator[DrawnSample]:
    """Yield the samples of these numbers, one at a time; with `keep`, the picture after each step too."""
    start = tensor_of(image)
    for number in numbers:
        inputs: tuple[Any, ...] = (start, *others)
        drawn, after = [], []
        for step in pipeline.active:
            inputs, draw = apply(step, inputs, seed_of(seed, number, step.key))
            drawn.append(draw)
            if keep:
                after.append(array_of(inputs[0]))
        yield DrawnSample(number, array_of(inputs[0]), tuple(drawn), tuple(after), inputs[1:])


def tensor_of(image: Image.Image) -> Tensor:
    """Return a picture as torchvision takes it, uint8 (3, height, width)."""
    from core import torchvision_compat

    torchvision_compat.declare()
    import torch
    from torchvision import tv_tensors

    pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).contiguous()
    picture: Tensor = tv_tensors.Image(pixels)
    return picture


def array_of(picture: Tensor) -> NDArray[np.uint8]:
    """Return a picture as an array (height, width, 3) uint8."""
    import torch

    plain = picture.as_subclass(torch.Tensor)
    found: NDArray[np.uint8] = plain.permute(1, 2, 0).contiguous().numpy()
    return found


def apply(step: Step, inputs: tuple[Any, ...], seed: int) -> tuple[tuple[Any, ...], StepDraw]:
    """Return what a step makes of a picture and what goes along with it, and what it drew.

    The first number drawn decides whether it is applied at all, whatever its probability.
    """
    import torch

    from core.architectures.zoo.initialisation import Seeded

    picture = inputs[0]
    if min(picture.shape[-2:]) < step.entry.least(step.value):
        return inputs, StepDraw(step.key, False, skipped_for="small")
    with Seeded(seed):
        if float(torch.rand(())) >= step.chance:
            return inputs, StepDraw(step.key, False, skipped_for="chance")
        noted: list[tuple[str, str]] = []
        transform = _watched(step, noted)
        made = transform(*inputs) if step.entry.moves else transform(picture)
    outputs = made if isinstance(made, tuple) else (made,)
    return (*outputs, *inputs[len(outputs) :]), StepDraw(step.key, True, tuple(noted))


def _watched(step: Step, noted: list[tuple[str, str]]) -> Any:
    """Return the transform of a step; what it draws is `noted`."""
    transform = build(step.entry.builds, step.entry.arguments(step.value))
    if hasattr(transform, "_apply_image_or_video_transform"):
        operate = transform._apply_image_or_video_transform

        def operated(image: Any, name: str, magnitude: float, *rest: Any, **more: Any) -> Any:
            noted.append((name, f"{magnitude:.{DIGITS}g}"))
            return operate(image, name, magnitude, *rest, **more)

        transform._apply_image_or_video_transform = operated
        return transform
    make = transform.make_params

    def made(flat_inputs: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = make(flat_inputs)
        noted.extend(_describe(found))
        return found

    transform.make_params = made
    return transform


def _describe(parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and texts of what was drawn; fields and tables of numbers are named by their extent."""
    for name, value in parameters.items():
        text = _text(value)
        if text:
            yield name, text


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if hasattr(value, "dim"):
        if value.numel() > 8:
            return f"±{float(value.abs().max()):.{DIGITS}g}" if value.dtype.is_floating_point else ""
        return ", ".join(f"{float(number):.{DIGITS}g}" for number in value.flatten())
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_text(number) for number in value)))
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def working_size(image: Image.Image, longest: int) -> Image.Image:
    """Return a picture, RGB, no longer than `longest` pixels on its longer side."""
    share = longest / max(image.size)
    if share >= 1:
        return image.convert("RGB")
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
