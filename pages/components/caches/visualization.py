"""What is computed of layers and cells: effective fields, filters, ablations, searches, attributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.images.preprocessing import FloatArray
from core.limits import ABLATIONS_KEPT_BYTES, ATTRIBUTIONS_KEPT_BYTES, FILTERS_BYTES, FOUND_BYTES
from pages.components.caches.models import FLOAT_BYTES, backbone
from pages.components.caches.shared import shared

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.visualization.ablation.channel_ablation import Ablation, Logits
    from core.visualization.dataset_examples.ranking import Found, Scan
    from core.visualization.filters.kernel_statistics import Filters
    from core.visualization.filters.kernels import KernelSource
    from core.visualization.receptive_field.effective import Sensitivity

Value = TypeVar("Value")

SENSITIVITIES_BYTES = 32 << 20


@dataclass(frozen=True)
class CellKey:
    """What an effective field follows from; `identity` stands for picture and backbone, no channel for all of them."""

    identity: tuple[Hashable, ...]
    layer: str
    channel: int | None
    row: int
    column: int


@shared(lambda key, *_: key, max_bytes=SENSITIVITIES_BYTES, size_of=lambda found: found.nbytes)
def effective_field(key: CellKey, model: Backbone, batch: Callable[[], FloatArray]) -> Sensitivity:
    """Return how strongly each pixel of the preprocessed picture moves a cell; visitors who look at it share it."""
    from core.visualization.receptive_field.effective import effective_receptive_field

    return effective_receptive_field(model, batch(), key.layer, key.channel, key.row, key.column)


@shared(
    lambda model, convolution: (model.entry.name, model.weights, model.seed, convolution.layer),
    max_bytes=FILTERS_BYTES,
    expected_bytes=lambda _model, convolution: FLOAT_BYTES * math.prod(convolution.shape),
    store="filters",
)
def filters(model: Backbone, convolution: KernelSource) -> Filters:
    """Return the filters of a convolution with their figures; all visitors share them."""
    from core.visualization.filters.kernel_statistics import examine

    return examine(model, convolution)


@shared(
    lambda name, convolution: (name, "untrained", 0, convolution.layer),
    max_bytes=FILTERS_BYTES,
    expected_bytes=lambda _name, convolution: FLOAT_BYTES * math.prod(convolution.shape),
    store="filters",
)
def untrained_filters(name: str, convolution: KernelSource) -> Filters:
    """Return what the same layer has before training, drawn with seed 0; the network may have to be built for it."""
    from core.visualization.filters.kernel_statistics import examine

    return examine(backbone(name, "untrained", 0), convolution)


def has_untrained_filters(name: str, convolution: KernelSource) -> bool:
    """Return whether these are there already, or the network that they are taken from."""
    return untrained_filters.holds(name, convolution) or backbone.holds(name, "untrained", 0)


@dataclass(frozen=True)
class AblationKey:
    """What logits without channels follow from; no `channels` stand for each channel of the layer on its own."""

    identity: tuple[Hashable, ...]
    layer: str
    filling: str
    channels: tuple[int, ...] | None = None


@shared(lambda key, *_: key, max_bytes=ABLATIONS_KEPT_BYTES, size_of=lambda logits: logits.nbytes, store="knockouts")
def logits_without(key: AblationKey, ablation: Callable[[], Ablation]) -> Logits:
    """Return the logits, (classes,), with the key's channels silenced; visitors who silence the same share them."""
    from core.visualization.ablation.channel_ablation import without

    return without(ablation(), key.channels or ())


@shared(lambda key, *_: key, max_bytes=ABLATIONS_KEPT_BYTES, size_of=lambda logits: logits.nbytes, store="knockouts")
def importance(_key: AblationKey, make: Callable[[], Logits]) -> Logits:
    """Return the change of each logit by each channel silenced alone, else what `make` returns, and keep that."""
    return make()


@shared(lambda scan, *_: scan.identity, max_bytes=FOUND_BYTES)
def found(_scan: Scan, make: Callable[[], Found]) -> Found:
    """Return what a search has found, else what `make` returns, and keep that; it holds places and scores only.

    The key contains the hash of the pictures.
    """
    return make()


@shared(lambda key, *_: key, max_bytes=ATTRIBUTIONS_KEPT_BYTES)
def evidence(_key: Hashable, make: Callable[[], Any]) -> Any:
    """Return what is known of a question, else what `make` returns, and keep that for all who ask the same."""
    return make()
