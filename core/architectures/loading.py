"""Builds backbones and loads their weights: embedded, downloaded before, or random. Downloads nothing itself."""

from __future__ import annotations

import functools
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core import torchvision_compat
from core.architectures.graph.capture import LayerGraph, layer_graph
from core.architectures.weights.sources import published_file
from core.architectures.weights.state_dicts import read_state_dict
from core.architectures.zoo import tiny
from core.architectures.zoo.backbones import BACKBONES, WEIGHTS, BackboneEntry, embedded_file
from core.architectures.zoo.class_names import UNSURE_BELOW, class_names
from core.architectures.zoo.initialisation import MetaTensors, Seeded
from core.downloads.errors import DownloadError
from core.downloads.remote_file import RemoteFile
from core.hooks import borrow
from core.i18n import N_
from core.images.preprocessing import Preprocessing
from core.registry import unknown

TINY_PREPROCESSING = Preprocessing(resize=64, crop=64)  # ImageNet's mean and std: its pictures are ImageNet's
OLD_DENSENET_KEY = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network ready to look at: in eval mode, its weights frozen. Shared by all sessions, so borrow it to use it.

    `weights` is the weight set it was filled with, `seed` what untrained weights were drawn with, `class_names` the
    English name of each logit.
    """

    entry: BackboneEntry
    weights: str
    seed: int
    model: nn.Module
    preprocessing: Preprocessing
    class_names: tuple[str, ...]

    @property
    def trained(self) -> bool:
        """Return whether it has learned anything: what an untrained network answers means nothing."""
        return self.weights != "untrained"

    def is_unsure(self, probability: float) -> bool:
        """Return whether a first answer of this probability is more often wrong than right.

        Only the embedded networks are calibrated, so that of others nothing is known.
        """
        return self.weights == "embedded" and probability < UNSURE_BELOW

    @property
    def description(self) -> str:
        """Return what is said of the weights, marked for translation."""
        return WEIGHTS[self.weights]

    @functools.cached_property
    def graph(self) -> LayerGraph:
        """Return the layers and the graph that captures them all; traced at first use."""
        return layer_graph(self.model, self.entry.stages)

    @functools.cached_property
    def capture_bytes(self) -> int:
        """Return the memory that the outputs of all layers take for one picture, in bytes."""
        with borrow(self.model):
            return self.graph.bytes_for(self.preprocessing.crop)

    @property
    def bytes(self) -> int:
        """Return the memory that parameters and buffers take, in bytes."""
        return sum(tensor.nbytes for tensor in chain(self.model.parameters(), self.model.buffers()))


def load(name: str, weights: str = "untrained", seed: int = 0) -> Backbone:
    """Return a backbone filled with one of its weight sets.

    Untrained weights are bit for bit those of `torch.manual_seed(seed)` and the source's own builder. Raises
    `UserError` for an unknown backbone or weight set, `DownloadError` where weights are not at hand
    (`NotDownloadedError` where fetching `weights_file` helps), are damaged or do not fit.
    """
    entry = BACKBONES[name]
    if weights not in entry.weights:
        raise unknown(N_("weight set"), weights, entry.weights)
    build = _builder(entry)
    if weights == "untrained":
        with Seeded(seed):
            model = build()
    else:
        with MetaTensors():
            model = build()
        read = _read_embedded if weights == "embedded" else _read_imagenet
        _fill(model, read(entry), entry)
    model.eval().requires_grad_(False)
    return Backbone(entry, weights, seed, model, _preprocessing(entry), class_names(entry.classes))


def skeleton(entry: BackboneEntry) -> nn.Module:
    """Return a backbone's network in eval mode on the meta device: every shape, no weights, no memory, milliseconds."""
    build = _builder(entry)
    with MetaTensors():
        model = build()
    return model.to("meta").eval().requires_grad_(False)


def weights_file(entry: BackboneEntry) -> RemoteFile:
    """Return the published file with the ImageNet weights of a backbone. Raises `ValueError` where there is none."""
    if not entry.imagenet:
        raise ValueError(f"{entry.name} has no ImageNet weights")
    return published_file(entry.source, entry.builder, entry.imagenet)


def write_embedded(model: nn.Module, path: Path, card: Mapping[str, str] | None = None) -> None:
    """Write a tiny network's weights and running statistics in half precision, as `load` reads them.

    `card` goes into the file's header. Raises `ValueError` where a number does not survive half precision.
    """
    from safetensors.torch import save_file

    halves = {key: tensor.detach().half().contiguous() for key, tensor in _stored(model).items()}
    if not all(bool(tensor.isfinite().all()) for tensor in halves.values()):
        raise ValueError("the weights hold numbers that are not finite in half precision")
    save_file(halves, path, dict(card or {}))


def _builder(entry: BackboneEntry) -> Callable[[], nn.Module]:
    """Return what builds the network, everything imported: an import must not run as if it were part of the network."""
    if entry.source == "convscope":
        return partial(getattr(tiny, entry.builder), len(class_names(entry.classes)))
    torchvision_compat.declare()
    if entry.source == "timm":
        import timm

        return partial(timm.create_model, entry.builder)
    from torchvision.models import get_model

    return partial(get_model, entry.builder, weights=None, **_options(entry))


def _options(entry: BackboneEntry) -> dict[str, Any]:
    """Return how torchvision itself builds the two networks with auxiliary classifiers when it adds weights.

    `transform_input` turns ImageNet's normalisation into the one these two were trained with.
    """
    return {"aux_logits": False, "transform_input": True, "init_weights": True} if entry.auxiliary else {}


def _preprocessing(entry: BackboneEntry) -> Preprocessing:
    """Return what the ImageNet weights ask for, also for untrained ones, so that the two can be compared."""
    if entry.source == "convscope":
        return TINY_PREPROCESSING
    torchvision_compat.declare()
    if entry.source == "timm":
        import timm

        asked: Any = timm.get_pretrained_cfg(f"{entry.builder}.{entry.imagenet}")
        return Preprocessing(
            resize=int(asked.input_size[-1] / asked.crop_pct),
            crop=asked.input_size[-1],
            mean=asked.mean,
            std=asked.std,
            interpolation=asked.interpolation,
        )
    from torchvision.models import get_model_weights

    wanted = get_model_weights(entry.builder)[entry.imagenet].transforms()
    return Preprocessing(
        resize=wanted.resize_size[0],
        crop=wanted.crop_size[0],
        mean=tuple(wanted.mean),
        std=tuple(wanted.std),
        interpolation=wanted.interpolation.value,
        antialias=bool(wanted.antialias),
    )


def _read_imagenet(entry: BackboneEntry) -> dict[str, Tensor]:
    """Return published weights under today's names, in float32 and without auxiliary classifiers."""
    published = read_state_dict(weights_file(entry))
    return {
        OLD_DENSENET_KEY.sub(r"\1\2", key): tensor.float() if tensor.is_floating_point() else tensor
        for key, tensor in published.items()
        if not key.startswith(entry.auxiliary)
    }


def _read_embedded(entry: BackboneEntry) -> dict[str, Tensor]:
    """Return shipped weights in float32; raises `DownloadError` when they are missing, cut off or not numbers."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = embedded_file(entry)
    if not path.is_file():
        raise DownloadError(
            N_("The embedded weights of {title} are not part of this copy of ConvScope."),
            N_("Choose the untrained weights, or get a complete copy."),
            title=entry.title,
        )
    try:
        halves = load_file(path)
    except (SafetensorError, OSError) as error:
        raise _unfit(entry) from error
    if not all(tensor.dtype == torch.float16 and bool(tensor.isfinite().all()) for tensor in halves.values()):
        raise _unfit(entry)
    return {key: tensor.float() for key, tensor in halves.items()}


def _fill(model: nn.Module, tensors: Mapping[str, Tensor], entry: BackboneEntry) -> None:
    """Put tensors in the places of a blank model's; raises `DownloadError` unless each one fits and none is missing.

    How many batches were seen in training is not shipped and not always published; nothing here depends on it.
    """
    state = OrderedDict(tensors)
    for key, counter in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            state.setdefault(key, counter)
    # Layers decide by the version of their format whether old names need translation; files rarely state it.
    state._metadata = model.state_dict()._metadata  # type: ignore[attr-defined]
    try:
        model.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise _unfit(entry) from error


def _stored(model: nn.Module) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in model.state_dict().items() if tensor.is_floating_point()}


def _unfit(entry: BackboneEntry) -> DownloadError:
    return DownloadError(
        N_("The file with the weights of {title} does not fit the network: it is damaged or from another version."),
        N_("Choose the untrained weights; if it stays so, install ConvScope anew with the versions it asks for."),
        title=entry.title,
    )
