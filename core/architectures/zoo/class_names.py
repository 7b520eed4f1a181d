"""The class names of the backbones, in the order of their logits."""

from __future__ import annotations

from functools import cache
from pathlib import Path

EVERYDAY69 = Path(__file__).with_name("everyday69.txt")
UNSURE_BELOW = 0.5  # a first answer of a calibrated network that is less probable is more often wrong than right


@cache
def everyday_synsets() -> dict[str, tuple[str, ...]]:
    """Return the Everyday-69 classes in the order of the logits, each with the WordNet ids it was merged from."""
    lines = EVERYDAY69.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":") for line in lines if line.strip())
    return {name.strip(): tuple(synsets.split()) for name, synsets in pairs}


@cache
def class_names(classes: str) -> tuple[str, ...]:
    """Return the English names of a list of classes, a key of `entries.CLASSES`; imports torchvision for ImageNet's.

    Raises `KeyError` for another list.
    """
    return {"everyday69": _everyday69, "imagenet": _imagenet}[classes]()


def _everyday69() -> tuple[str, ...]:
    return tuple(everyday_synsets())


def _imagenet() -> tuple[str, ...]:
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])
