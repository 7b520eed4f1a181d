"""Channel ablation: the logits with some channels of a layer silenced.

(Morcos et al. 2018, "On the importance of single directions for generalization", arXiv:1803.06959.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import limits
from core.compute import permit
from core.events import Event
from core.hooks import borrow
from core.i18n import N_
from core.images.preprocessing import FloatArray
from core.settings import Choice

if TYPE_CHECKING:
    import torch

    from core.architectures.loading import Backbone
    from core.visualization.ablation.partial_forward import PartialForward
    from core.visualization.activations.activation_capture import Activations

Logits = NDArray[np.float32]
MOST_AT_ONCE = 512  # versions of a layer's output in one pass

FILLING = Choice(
    name="filling",
    label=N_("A silenced channel becomes"),
    default="zero",
    options=(("zero", N_("Zero")), ("mean", N_("Its mean"))),
    help=N_("Zero takes the channel away. Its mean over the map keeps how strong it is and takes away only where."),
)


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """A layer of a backbone that has seen one picture, and what its silenced channels become (see `FILLING`).

    `batch` is the preprocessed picture, float32 (1, 3, height, width), of which `activations` are.
    """

    backbone: Backbone
    activations: Activations
    batch: FloatArray
    layer: str
    filling: str = FILLING.default

    def __post_init__(self) -> None:
        if self.filling not in FILLING.values:
            raise ValueError(f"unknown filling {self.filling!r}")

    @property
    def channels(self) -> int:
        """Return how many channels the layer has. Raises `KeyError` for a layer that shows no maps."""
        return self.activations.shapes[self.layer][0]


@dataclass(frozen=True, kw_only=True, eq=False)
class AblationEvent(Event):
    """Channels that have been silenced, one at a time, and how each changed the logits: float32 (n, classes)."""

    channels: tuple[int, ...]
    changes: Logits


def without(ablation: Ablation, channels: Sequence[int]) -> Logits:
    """Return the logits, (classes,), read-only, of the network whose layer has all of `channels` silenced at once.

    Only what comes behind the layer is computed. Raises `KeyError` for a layer and `IndexError` for a channel that
    there is not, `UserError` when the server stays busy.
    """
    import torch

    chosen = [_checked(channel, ablation.channels) for channel in channels]
    with torch.inference_mode():
        rest = _partial_forward(ablation)
        changed = rest.output.clone()
        maps = _channels_first(changed, ablation)[0]
        maps[chosen] = _fillings(rest, ablation)[chosen].reshape(-1, *[1] * (maps.dim() - 1))
        with borrow(ablation.backbone.model), permit():
            logits: Logits = rest.run(changed)[0].numpy().copy()
    logits.flags.writeable = False
    return logits


def silence_each(ablation: Ablation, done: int = 0) -> Iterator[AblationEvent]:
    """Yield how the logits change, after - before, when each channel of the layer in turn is the only one silenced.

    Many are computed in one pass through what comes behind the layer, as many as `limits.ABLATION_PASS_BYTES` allow;
    the network is held for one pass at a time. The first event tells of the channels that are already what they would
    become, where nothing changes; the strongest come next, so that a stream that is not followed to its end tells of
    those. It goes on behind the first `done` channels of an earlier stream. Raises as `without` does.
    """
    import torch

    before, total = ablation.activations.logits, ablation.channels
    with torch.inference_mode():
        rest = _partial_forward(ablation)
        fillings = _fillings(rest, ablation)
        still, moved = _order(rest, fillings, ablation)
        with borrow(ablation.backbone.model), permit():
            at_once = max(1, min(MOST_AT_ONCE, limits.ABLATION_PASS_BYTES // rest.bytes_a_version()))
    if done == 0:
        nothing = np.zeros((len(still), len(before)), np.float32)
        yield AblationEvent(step=len(still), total_steps=total, channels=tuple(still), changes=nothing)
    for index in range(max(0, done - len(still)), len(moved), at_once):
        chosen = moved[index : index + at_once]
        with torch.inference_mode(), borrow(ablation.backbone.model), permit():
            changes = _run_without_each(rest, ablation, chosen, fillings) - before
        step = len(still) + index + len(chosen)
        yield AblationEvent(step=step, total_steps=total, channels=tuple(chosen), changes=changes)


def importance(ablation: Ablation) -> Logits:
    """Return how each logit changes by each channel silenced alone, float32 (channels, classes), read-only."""
    return collected(list(silence_each(ablation)))[1]


def collected(events: Sequence[AblationEvent]) -> tuple[NDArray[np.intp], Logits]:
    """Return the channels of all events of `silence_each`, ascending, and their changes, (channels, classes)."""
    channels = np.array([channel for event in events for channel in event.channels], np.intp)
    order = np.argsort(channels)
    changes: Logits = np.concatenate([event.changes for event in events])[order]
    changes.flags.writeable = False
    return channels[order], changes


def is_answer(backbone: Backbone, layer: str) -> bool:
    """Return whether what a layer puts out are the logits themselves."""
    from core.visualization.ablation import partial_forward

    return partial_forward.is_answer(backbone.graph, layer)


def _partial_forward(ablation: Ablation) -> PartialForward:
    """Return what comes behind the layer. Not for holders of a permit: what is kept in segments asks for its own."""
    import torch

    from core.visualization.ablation.partial_forward import partial_forward

    batch = torch.from_numpy(np.array(ablation.batch))
    return partial_forward(ablation.backbone.graph, ablation.layer, batch, ablation.activations.kept)


def _run_without_each(
    rest: PartialForward, ablation: Ablation, channels: Sequence[int], fillings: torch.Tensor
) -> Logits:
    """Return the logits by silenced channel, (channels, classes)."""
    import torch

    from core.visualization.ablation.single_channel import SingleChannels

    chosen = torch.tensor(channels)
    if rest.output.dim() == 4 and ablation.activations.layer(ablation.layer).channel_axis == 1 and rest.is_in_parts:
        maps = fillings[chosen][:, None, None].expand(-1, *rest.output.shape[2:])
        versions: torch.Tensor | SingleChannels = SingleChannels(rest.output, chosen, maps)
    else:
        versions = rest.output.expand(len(channels), *rest.output.shape[1:]).clone()
        for version, channel in zip(_channels_first(versions, ablation), channels, strict=True):
            version[channel] = fillings[channel]
    logits: Logits = rest.run(versions).numpy()
    return logits


def _order(rest: PartialForward, fillings: torch.Tensor, ablation: Ablation) -> tuple[list[int], list[int]]:
    """Return the channels that are what they would become, and the others, those with the largest values first."""
    rows = _rows(_channels_first(rest.output, ablation)[0])
    is_moved = (rows != fillings[:, None]).any(1)
    strongest = rows.abs().mean(1).argsort(descending=True, stable=True).tolist()
    return (~is_moved).nonzero()[:, 0].tolist(), [channel for channel in strongest if is_moved[channel]]


def _fillings(rest: PartialForward, ablation: Ablation) -> torch.Tensor:
    """Return what each channel becomes, (channels,)."""
    rows = _rows(_channels_first(rest.output, ablation)[0])
    return rows.mean(1) if ablation.filling == "mean" else rows.new_zeros(len(rows))


def _channels_first(versions: torch.Tensor, ablation: Ablation) -> torch.Tensor:
    """Return a view of versions of the layer's output that has the channels at axis 1."""
    axis = ablation.activations.layer(ablation.layer).channel_axis
    return versions if versions.dim() == 2 else versions.movedim(axis, 1)


def _rows(maps: torch.Tensor) -> torch.Tensor:
    """Return the values of each channel in a row, (channels, positions)."""
    return maps.reshape(len(maps), -1)


def _checked(channel: int, count: int) -> int:
    if not 0 <= channel < count:
        raise IndexError(f"there is no channel {channel}: there are {count}")
    return channel
