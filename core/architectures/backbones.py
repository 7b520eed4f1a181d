"""The backbones ConvScope knows: frozen records in one registry, loadable by name."""

from __future__ import annotations

from dataclasses import dataclass

from core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A named stretch of a backbone; it starts at the first layer named `start` or inside `start`."""

    label: str
    start: str


@dataclass(frozen=True, kw_only=True)
class BackboneEntry:
    """What is known of a backbone before it is built."""

    name: str
    title: str
    family: str
    year: int
    paper: str
    source: str
    builder: str
    input_size: int
    stages: tuple[Stage, ...]
    classes: str
    weights: tuple[str, ...]
    parameters: int


BACKBONES: Registry[BackboneEntry] = Registry("backbone", ())
