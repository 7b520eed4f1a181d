"""What classes and stages are called on this page."""

from __future__ import annotations

from collections.abc import Sequence

from core.architectures.zoo.backbones import BACKBONES
from core.architectures.zoo.records import HEAD
from core.transfer.data.config import TransferConfig
from pages.components.i18n import _


def class_titles(classes: Sequence[str], *, is_marked: bool) -> list[str]:
    """Return the names of classes, translated where they are marked for it: a person's own are as they wrote them."""
    return [_(name) if is_marked else name for name in classes]


def stage_labels(setup: TransferConfig) -> list[str]:
    """Return the labels of the backbone's stages but the head, marked for translation."""
    return [stage.label for stage in BACKBONES[setup.backbone].stages if stage.label != HEAD]
