"""The base of attribution methods: request, result, and the record of a method."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core import limits
from core.compute import permit
from core.errors import UserError
from core.events import Event
from core.hooks import borrow
from core.i18n import N_
from core.images.preprocessing import FloatArray
from core.settings import Setting

if TYPE_CHECKING:
    import torch

    from core.architectures.graph.tracing import Layer
    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Activations

Floats = NDArray[np.float32]
Settings = Mapping[str, Any]
"""The values of a method's settings by name."""
Steps = Iterator[tuple[int, int, "Floats | None"]]
"""What a method yields: a step, of how many, and one map for each target as far as they are known, (n, h, w)."""

MOST_AT_ONCE = 32  # pictures in one pass
NO_PICTURES = ("pooling", "other")  # roles of layers whose maps are those of another layer, smaller or rearranged


@dataclass(frozen=True, kw_only=True, eq=False)
class AttributionRequest:
    """A question: what in a picture speaks for each of the classes `targets`, as seen by a backbone?

    `batch` is the preprocessed picture, (1, 3, height, width); `layer` is where the methods look that look at a layer;
    `activations`, where given, are those of the picture, and save a pass. Raises `KeyError` for a layer and
    `IndexError` for a class that there is not, `UserError` for a layer whose output is no map.
    """

    backbone: Backbone
    batch: FloatArray
    targets: tuple[int, ...]
    layer: str
    activations: Activations | None = None

    def __post_init__(self) -> None:
        layers = {layer.name: layer for layer in self.backbone.graph.layers}
        if self.layer not in layers:
            raise KeyError(self.layer)
        if not self.targets or not all(0 <= target < len(self.backbone.class_names) for target in self.targets):
            raise IndexError(f"there is no class {self.targets}")
        if self.activations is not None and not has_extent(self.activations.shapes[self.layer]):
            raise UserError(
                N_("The layer {layer} puts out numbers, not maps: they do not tell where in the picture anything is."),
                N_("Choose an earlier layer."),
                layer=self.layer,
            )

    @functools.cached_property
    def kept(self) -> Mapping[str, torch.Tensor]:
        """Return outputs of layers by name: the chosen one, or what it follows from by the graph's recipes."""
        if self.activations is not None:
            return self.activations.kept
        with borrow(self.backbone.model), permit():
            return self.passed()

    def passed(self) -> Mapping[str, torch.Tensor]:
        """Return what the layer and those beside it put out, from a pass of its own; whoever calls it has the network.

        Those beside it are what else the network's answer follows from.
        """
        import torch

        from core.architectures.graph.fused import fused_model
        from core.visualization.attribution.class_scores import needed_behind

        graph = self.backbone.graph
        with torch.inference_mode():
            layers = (self.layer, *needed_behind(graph, self.layer))
            return fused_model(graph, layers, answers=False, single=True).outputs(self.pixels)

    @property
    def pixels(self) -> torch.Tensor:
        """Return the picture as a tensor of its own."""
        import torch

        return torch.from_numpy(np.array(self.batch))

    @property
    def side(self) -> tuple[int, int]:
        """Return the height and the width of the picture in pixels."""
        return int(self.batch.shape[2]), int(self.batch.shape[3])

    @property
    def channel_axis(self) -> int:
        """Return the axis of the layer's output that holds its channels."""
        return next(layer.channel_axis for layer in self.backbone.graph.layers if layer.name == self.layer)

    @property
    def at_once(self) -> int:
        """Return how many pictures are worth passing through the network together, in bounded memory."""
        return max(1, min(MOST_AT_ONCE, limits.ATTRIBUTION_PASS_BYTES // max(1, self.backbone.capture_bytes)))

    @property
    def segment_bytes(self) -> int | None:
        """Return from which length of segments on a gradient is taken in parts; None where memory allows it whole."""
        is_large = self.backbone.capture_bytes > limits.GRADIENT_BYTES
        return limits.GRADIENT_BYTES // 2 if is_large else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution(Event):
    """An answer, or what is known of it yet: for each of the `targets` a map, float32 (n, height, width), read-only.

    The maps have the layer's resolution, or the picture's where the method `needs` "pixels". In a signed map what is
    negative speaks against the class.
    """

    method: str
    targets: tuple[int, ...]
    layer: str
    signed: bool
    maps: Floats | None = None

    @property
    def is_complete(self) -> bool:
        """Return whether this is the whole answer."""
        return self.step == self.total_steps

    @property
    def bytes(self) -> int:
        """Return how much memory the maps take."""
        return 0 if self.maps is None else self.maps.nbytes

    def of(self, target: int) -> Floats:
        """Return the map of one target. Raises `ValueError` where there is none."""
        if self.maps is None:
            raise ValueError("nothing is known yet")
        found: Floats = self.maps[self.targets.index(target)]
        return found

    def has_positive(self, target: int) -> bool:
        """Return whether anything in the picture speaks for the target."""
        return bool(self.of(target).max() > 0)

    @property
    def range(self) -> tuple[float, float]:
        """Return the range that all maps share: from 0, or for signed ones around 0, to the largest value."""
        largest = float(np.abs(self.maps).max()) if self.maps is not None else 0.0
        return (-largest if self.signed else 0.0), largest


@dataclass(frozen=True, kw_only=True)
class AttributionMethod:
    """A way to answer the question.

    `title` and `idea`, one sentence, are marked for translation; `paper` is the source. `needs` says what the maps are
    about: "layer" or "pixels". `explain` does it; `passes` says of how many forward passes that takes about the time,
    by the number of the layer's channels and the settings.
    """

    name: str
    title: str
    idea: str
    paper: str
    url: str
    needs: Literal["layer", "pixels"]
    explain: Callable[[AttributionRequest, Settings], Steps] = field(compare=False)
    passes: Callable[[int, Settings], int] = field(compare=False)
    signed: bool = False
    settings: tuple[Setting[Any], ...] = ()

    def values(self, given: Settings | None = None) -> dict[str, Any]:
        """Return a value for each setting: the one given, else the default."""
        return {setting.name: (given or {}).get(setting.name, setting.default) for setting in self.settings}


def has_extent(shape: tuple[int, int, int]) -> bool:
    """Return whether maps of a shape (channels, height, width) tell where something is."""
    return shape[1] * shape[2] > 1


def last_map_layer(activations: Activations) -> Layer:
    """Return the layer that class activation maps are best taken from: the last with maps, before any pooling of them.

    Maps of the classes themselves, as SqueezeNet's last convolution gives, do not count.
    """
    classes = len(activations.logits)
    shown = [layer for layer in activations.layers if has_extent(activations.shapes[layer.name])]
    inner = [layer for layer in shown if layer.role not in NO_PICTURES and activations.shapes[layer.name][0] != classes]
    return (inner or shown)[-1]


def answer(request: AttributionRequest, pictures: torch.Tensor) -> torch.Tensor:
    """Return the logits, (B, classes), for a batch of preprocessed pictures; holds the network for that one pass."""
    import torch

    from core.architectures.graph.fused import fused_model

    with borrow(request.backbone.model), permit(), torch.inference_mode():
        logits, _ = fused_model(request.backbone.graph).run(pictures)
        return logits
