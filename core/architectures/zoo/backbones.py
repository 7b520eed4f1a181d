"""The registry of backbones. Importing it does not import PyTorch."""

from __future__ import annotations

from pathlib import Path

from core.architectures.zoo.catalogue import ROWS
from core.architectures.zoo.records import CLASSES, WEIGHTS, BackboneEntry, Paper, Stage
from core.i18n import N_
from core.paths import ASSETS
from core.registry import Registry

__all__ = [
    "BACKBONES",
    "CLASSES",
    "DEFAULT",
    "WEIGHTS",
    "BackboneEntry",
    "Paper",
    "Stage",
    "available_weights",
    "embedded_file",
    "families",
    "of_family",
]

BACKBONES: Registry[BackboneEntry] = Registry(N_("backbone"), ROWS)
DEFAULT = "tiny_resnet"
EMBEDDED = ASSETS / "weights"


def families() -> tuple[str, ...]:
    """Return the families in the order of the lecture, each once."""
    return tuple(dict.fromkeys(entry.family for entry in BACKBONES.values()))


def of_family(family: str) -> tuple[BackboneEntry, ...]:
    """Return the backbones of a family in the registry's order, the tiny one first; empty for an unknown family."""
    return tuple(entry for entry in BACKBONES.values() if entry.family == family)


def embedded_file(entry: BackboneEntry) -> Path:
    """Return where the weights that are shipped with ConvScope lie, or would lie."""
    return EMBEDDED / f"{entry.name}.safetensors"


def available_weights(entry: BackboneEntry) -> tuple[str, ...]:
    """Return the weight sets that can be chosen now, the best first: shipped, downloadable, untrained.

    ImageNet weights count as available also before they are downloaded, embedded ones only once they are shipped.
    """
    return tuple(weights for weights in entry.weights if weights != "embedded" or embedded_file(entry).is_file())
