"""Gradient attribution: saliency, SmoothGrad, integrated gradients and others, by Captum where it does it well."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from core.compute import permit
from core.hooks import borrow
from core.i18n import N_
from core.settings import Choice, Integer, Number
from core.visualization.attribution.base import AttributionMethod, AttributionRequest, Floats, Settings, Steps
from core.visualization.attribution.baselines import BASELINES, baseline

if TYPE_CHECKING:
    import torch

    from core.architectures.loading import Backbone
    from core.visualization.attribution.class_scores import Scores

BACKWARD = 2  # a gradient costs about two passes more

NOISE_LEVEL = Number(
    name="noise_level",
    label=N_("Noise"),
    default=0.15,
    minimum=0.0,
    maximum=0.5,
    step=0.05,
    help=N_("The standard deviation of the noise, as a share of the picture's range."),
)
NOISE_SAMPLES = Integer(
    name="noise_samples",
    label=N_("Noisy copies"),
    default=16,
    minimum=1,
    maximum=100,
    help=N_("How many noisy copies of the picture the gradient is averaged over."),
)
NOISE_SEED = Integer(
    name="noise_seed",
    label=N_("Seed of the noise"),
    default=0,
    minimum=0,
    maximum=9999,
    help=N_("The same seed gives the same noise."),
)
PATH_STEPS = Integer(
    name="path_steps",
    label=N_("Steps"),
    default=24,
    minimum=2,
    maximum=200,
    help=N_("At how many pictures between the baseline and the picture the gradient is taken."),
)
PATH_START = Choice(
    name="path_start",
    label=N_("Baseline"),
    default="black",
    options=BASELINES,
    help=N_("The picture in which there is nothing to see, from which the gradients are added up."),
)


def saliency(request: AttributionRequest, _settings: Settings) -> Steps:
    """Yield max |∂logit/∂x| over the three colours of each pixel."""
    return _gradients(request, guided=False)


def guided_backpropagation(request: AttributionRequest, _settings: Settings) -> Steps:
    """Yield the same for a gradient of which each rectifier lets through only what is positive.

    On the graph, since captum's reaches only rectifiers that are modules of the class ReLU and are used once.
    """
    return _gradients(request, guided=True)


def smooth_grad(request: AttributionRequest, settings: Settings) -> Steps:
    """Yield max |mean ∂logit/∂x| over noisy copies of the picture, as far as they are computed.

    The noise comes from a generator of its own: captum's NoiseTunnel draws from the one that all visitors share.
    """
    import torch

    count, pixels = int(settings["noise_samples"]), request.pixels
    deviation = float(settings["noise_level"]) * float(pixels.max() - pixels.min())
    generator = torch.Generator().manual_seed(int(settings["noise_seed"]))
    sums = pixels.new_zeros(len(request.targets), *pixels.shape[1:])
    for done, size in _parts(count, _at_once(request)):
        noise = torch.empty(size, *pixels.shape[1:]).normal_(0, deviation, generator=generator)
        for row, target in zip(sums, request.targets, strict=True):
            row += _gradient(request, pixels + noise, target).sum(0)
        yield done, count, _largest(sums / done)


def integrated_gradients(request: AttributionRequest, settings: Settings) -> Steps:
    """Yield (x − x′) ∫ ∂logit/∂x along the straight path from the baseline x′, summed over the colours.

    Its sum is the difference of the logits at both ends, but for the error of the sum that stands for the integral. The
    path is walked in pieces, which add up to what captum gives for the whole: the midpoints are the same.
    """

    count, pixels = int(settings["path_steps"]), request.pixels
    start = baseline(settings["path_start"], pixels, request.backbone.preprocessing)
    sums = pixels.new_zeros(len(request.targets), *pixels.shape[1:])
    before = 0
    for done, size in _parts(count, _at_once(request)):
        ends = [start + place / count * (pixels - start) for place in (before, done)]
        for row, target in zip(sums, request.targets, strict=True):
            row += _piece(request, ends[0], ends[1], target, size)[0]
        before = done
        yield done, count, sums.sum(1).numpy().astype(np.float32)


def activation_functions(backbone: Backbone) -> tuple[int, int]:
    """Return how many activation functions are rectifiers, which can be guided, and how many are not."""
    from core.visualization.attribution.class_scores import other_activations, rectifiers

    return len(rectifiers(backbone.graph)), other_activations(backbone.graph)


def _gradients(request: AttributionRequest, *, guided: bool) -> Steps:
    total = len(request.targets)
    found = np.zeros((total, *request.side), np.float32)
    for place, target in enumerate(request.targets):
        found[place] = _largest(_gradient(request, request.pixels, target, guided=guided))[0]
        yield place + 1, total, found.copy()


def _gradient(request: AttributionRequest, pixels: torch.Tensor, target: int, *, guided: bool = False) -> torch.Tensor:
    """Return ∂logit/∂x of a batch, (B, 3, height, width)."""
    from captum.attr import Saliency

    with _differentiable(request, guided=guided) as scores:
        gradient: torch.Tensor = Saliency(scores).attribute(pixels.requires_grad_(), target, abs=False)
    return gradient.detach()


def _piece(
    request: AttributionRequest, start: torch.Tensor, end: torch.Tensor, target: int, steps: int
) -> torch.Tensor:
    from captum.attr import IntegratedGradients

    with _differentiable(request) as scores:
        piece: torch.Tensor = IntegratedGradients(scores).attribute(
            end, start, target, n_steps=steps, method="riemann_middle"
        )
    return piece.detach()


@contextmanager
def _differentiable(request: AttributionRequest, *, guided: bool = False) -> Iterator[Scores]:
    """Hold the network and lend its scores as a function of the picture."""
    import torch

    from core.visualization.attribution.class_scores import scores_of_picture

    backbone = request.backbone
    scores = scores_of_picture(backbone.graph, request.segment_bytes, guided=guided)
    with borrow(backbone.model), permit(), torch.inference_mode(False), torch.enable_grad():
        yield scores


def _largest(gradients: torch.Tensor) -> Floats:
    """Return for each pixel the largest absolute value of its three colours, (n, height, width)."""
    largest: Floats = gradients.abs().amax(1).numpy()
    return largest


def _at_once(request: AttributionRequest) -> int:
    return max(2, request.at_once // (1 + BACKWARD))


def _parts(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield, part by part, how many are done after it and how many it has: about `size`, and one only of one."""
    parts = max(1, count // size)
    ends = [count * part // parts for part in range(parts + 1)]
    yield from ((end, end - start) for start, end in itertools.pairwise(ends))


GRADIENTS = (
    AttributionMethod(
        name="saliency",
        title=N_("Saliency"),
        idea=N_("Asks for each pixel how much the class's logit would move if the pixel changed a little."),
        paper="Simonyan, Vedaldi and Zisserman (2013). Deep inside convolutional networks",
        url="https://arxiv.org/abs/1312.6034",
        needs="pixels",
        explain=saliency,
        passes=lambda _channels, _settings: 1 + BACKWARD,
    ),
    AttributionMethod(
        name="smooth_grad",
        title="SmoothGrad",
        idea=N_("Averages the saliency of noisy copies of the picture: what is left is what they agree on."),
        paper="Smilkov et al. (2017). SmoothGrad: removing noise by adding noise",
        url="https://arxiv.org/abs/1706.03825",
        needs="pixels",
        explain=smooth_grad,
        passes=lambda _channels, settings: (1 + BACKWARD) * int(settings["noise_samples"]),
        settings=(NOISE_SAMPLES, NOISE_LEVEL, NOISE_SEED),
    ),
    AttributionMethod(
        name="integrated_gradients",
        title=N_("Integrated gradients"),
        idea=N_(
            "Shares the logit out among the pixels, by adding up gradients on the way from an empty picture to this."
        ),
        paper="Sundararajan, Taly and Yan (2017). Axiomatic attribution for deep networks",
        url="https://arxiv.org/abs/1703.01365",
        needs="pixels",
        explain=integrated_gradients,
        passes=lambda _channels, settings: (1 + BACKWARD) * int(settings["path_steps"]),
        signed=True,
        settings=(PATH_STEPS, PATH_START),
    ),
    AttributionMethod(
        name="guided_backpropagation",
        title=N_("Guided backpropagation"),
        idea=N_("Saliency whose rectifiers stop what is negative on its way back: sharp, but hardly about the class."),
        paper="Springenberg et al. (2015). Striving for simplicity: the all convolutional net",
        url="https://arxiv.org/abs/1412.6806",
        needs="pixels",
        explain=guided_backpropagation,
        passes=lambda _channels, _settings: 1 + BACKWARD,
    ),
)
