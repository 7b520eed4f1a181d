"""Inference with a finished model on a new image: logits, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images.picture import Picture
from core.images.preprocessing import Preprocessing, fit_to_input

if TYPE_CHECKING:
    from core.transfer.training.transfer_network import TransferNetwork

Floats = NDArray[np.float32]
TILE = 160  # pixels, at least, of a map that is drawn


@dataclass(frozen=True, eq=False)
class Inference:
    """What a network makes of a picture: `image` is what it receives, `logits` (classes,) what it answers.

    `maps` (channels, height, width) is what its trunk puts out, `weights` (classes, channels) and `biases` (classes,)
    are those of its head.
    """

    image: Image.Image
    logits: Floats
    maps: Floats
    weights: Floats
    biases: Floats

    @property
    def probabilities(self) -> Floats:
        """Return the softmax of the logits, (classes,)."""
        from scipy.special import softmax

        return np.asarray(softmax(self.logits), dtype=np.float32)

    @property
    def ranking(self) -> list[int]:
        """Return the classes, the one with the highest logit first."""
        return [int(label) for label in np.argsort(-self.logits, kind="stable")]

    @property
    def relative(self) -> Floats:
        """Return where each logit lies between the lowest, 0, and the highest, 1."""
        low, high = self.logits.min(), self.logits.max()
        return np.asarray((self.logits - low) / max(float(high - low), 1e-12), dtype=np.float32)

    def reach(self, label: int) -> float:
        """Return how far the evidence for a class is from zero at most."""
        return float(np.abs(self.evidence(label)).max())

    def span(self, channel: int) -> tuple[float, float]:
        """Return the range of a channel's map for its colours: from 0 up, or symmetric where some are negative."""
        low, high = float(self.maps[channel].min()), float(self.maps[channel].max())
        return (-max(-low, high), max(-low, high)) if low < 0 else (0.0, high)

    @property
    def scale(self) -> int:
        """Return how many pixels a place of a map should be wide to be seen."""
        return max(1, -(-TILE // int(self.maps.shape[2])))

    def evidence(self, label: int) -> Floats:
        """Return what each place adds to the logit of a class, (height, width).

        Its sum and the bias are the logit itself: the class activation map of Zhou et al. (2016, arXiv:1512.04150),
        divided by the number of places.
        """
        places = self.maps.shape[1] * self.maps.shape[2]
        return np.asarray(np.tensordot(self.weights[label], self.maps, 1) / places, dtype=np.float32)

    def contributions(self, label: int) -> Floats:
        """Return what each channel adds to the logit of a class, (channels,): its weight times its mean."""
        return np.asarray(self.weights[label] * self.maps.mean((1, 2)), dtype=np.float32)

    def strongest(self, label: int, count: int) -> list[int]:
        """Return the channels that add most to the logit of a class, the first one most."""
        return [int(channel) for channel in np.argsort(-self.contributions(label), kind="stable")[:count]]


def run_inference(network: TransferNetwork, preprocessing: Preprocessing, picture: Picture) -> Inference:
    """Return what a network makes of a picture."""
    import torch

    from core.architectures.features import normalised
    from core.architectures.graph.layout import channels_first
    from core.compute import permit

    seen = fit_to_input(picture, preprocessing).image
    batch = normalised(np.array(seen, dtype=np.uint8)[None], preprocessing)
    with permit(), torch.inference_mode():
        output = network.trunk(batch)
        places = channels_first(output, network.channel_axis)
        maps = places[0].flatten(1).reshape(places.shape[1], *_plane(places.shape[2:])).numpy()
        logits = network.answer(output)[0].numpy()
    head = network.linear
    return Inference(seen, logits, maps, head.weight.detach().numpy(), head.bias.detach().numpy())


def _plane(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width; places that form no plane (tokens) stand in one row."""
    return (shape[0], shape[1]) if len(shape) == 2 else (1, int(np.prod(shape)))
