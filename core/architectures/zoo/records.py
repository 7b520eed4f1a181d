"""The records that describe a backbone before it is built: paper, stages, entry."""

from __future__ import annotations

from dataclasses import dataclass

from core.i18n import N_

WEIGHTS = {
    "embedded": N_("trained on Everyday-69 · 64×64 · works offline"),
    "imagenet": N_("trained on ImageNet · 1000 classes · downloaded at first use"),
    "untrained": N_("untrained: random weights, it has learned nothing"),
}
"""The weight sets that a backbone can have, and what is said of each."""

CLASSES = {"imagenet": 1000, "everyday69": 69}
"""The lists of classes that a backbone can tell apart, and their lengths."""

SOURCES = ("convscope", "torchvision", "timm")

HEAD = "head"
"""The label of the last stage of every backbone, which turns features into answers."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """The publication that introduced an architecture, or that the implementation follows; `arxiv` is its number."""

    authors: str
    title: str
    year: int
    arxiv: str

    @property
    def url(self) -> str:
        """Return the address of the abstract."""
        return f"https://arxiv.org/abs/{self.arxiv}"

    def __str__(self) -> str:
        return f"{self.authors} ({self.year}). {self.title}. arXiv:{self.arxiv}"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A named stretch of a backbone: from the first layer named `start`, or inside `start`, to the next stage's.

    `label` is marked for translation.
    """

    label: str
    start: str


@dataclass(frozen=True, kw_only=True)
class BackboneEntry:
    """What is known of a backbone before it is built.

    `builder` is its function's name in `source`, `input_size` the side in pixels of the square picture it was made
    for, `classes` a key of `CLASSES`, `weights` keys of `WEIGHTS`, `imagenet` the name of the ImageNet weights in
    `source`. `auxiliary` names the classifiers that only training uses (GoogLeNet, Inception-v3), as prefixes of their
    weights: the network is built without them, and `parameters` counts it so. Raises `ValueError` on a row that
    contradicts itself.
    """

    name: str
    title: str
    family: str
    paper: Paper
    source: str
    builder: str
    input_size: int
    stages: tuple[Stage, ...]
    classes: str
    weights: tuple[str, ...]
    parameters: int
    imagenet: str = ""
    auxiliary: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = self.source in SOURCES and self.classes in CLASSES and set(self.weights) <= set(WEIGHTS)
        if not (known and self.stages and "untrained" in self.weights):
            raise ValueError(f"{self.name}: unknown source, classes or weights, no stages, or not buildable untrained")
        if ("imagenet" in self.weights) != bool(self.imagenet):
            raise ValueError(f"{self.name}: ImageNet weights need a name, and a name needs the weights")

    @property
    def year(self) -> int:
        """Return the year of the paper."""
        return self.paper.year
