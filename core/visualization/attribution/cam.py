"""Class activation maps: Grad-CAM, Layer-CAM, Score-CAM and their relatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.architectures.graph.layout import channels_first
from core.compute import permit
from core.hooks import borrow
from core.i18n import N_
from core.visualization.attribution.base import AttributionMethod, AttributionRequest, Floats, Settings, Steps, answer

if TYPE_CHECKING:
    import torch

    from core.visualization.attribution.class_scores import Scores

    Weigh = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]
    """Maps activations and gradients, (channels, height, width), to weights that broadcast to them."""

ROUNDING = 1e-6  # of the largest value; what a sum of that size leaves is not evidence
EPSILON = 1e-8  # as in torchcam


def grad_cam(request: AttributionRequest, _settings: Settings) -> Steps:
    """Yield ReLU(Σ wₖAₖ), wₖ being the mean gradient of the class's logit at channel k."""
    return _by_gradient(request, lambda _maps, gradient: gradient.mean((1, 2), keepdim=True))


def grad_cam_plus_plus(request: AttributionRequest, _settings: Settings) -> Steps:
    """Yield the same with weights Σ αₖ ReLU(gₖ), g = ∂/∂Aₖ, where α makes up for how large an area the map covers.

    α = g²/(2g² + g³ΣA), the class's score being the exponential of its logit, as in the paper. (torchcam 0.5 sums g³A
    instead, and divides a copy, so that its α is g².)
    """
    return _by_gradient(request, _plus_plus)


def layer_cam(request: AttributionRequest, _settings: Settings) -> Steps:
    """Yield ReLU(Σ ReLU(∂/∂Aₖ) Aₖ): each position has a weight of its own."""
    return _by_gradient(request, lambda _maps, gradient: gradient.relu())


def score_cam(request: AttributionRequest, _settings: Settings) -> Steps:
    """Yield ReLU(Σ wₖAₖ), wₖ being the softmax over k of the logit for the picture masked by map k.

    Of channels that are flat, whose mask is empty, one stands for all.
    """
    import torch

    from core.architectures.graph.capture import layer_output

    with torch.inference_mode():
        output = layer_output(request.layer, request.kept, request.backbone.graph.recipes)
        maps = channels_first(output, request.channel_axis)[0].clone()
        masks = _scaled(maps)
        live = masks.amax((1, 2)).gt(0).nonzero()[:, 0].tolist()
    logits = torch.zeros(len(maps), len(request.targets))
    step, total = 0, len(maps) + 1
    for chosen, scored in _score_masks(request, masks, live):
        logits[chosen] = scored
        step += len(chosen)
        yield step, total, None
    weights = logits.softmax(0)
    yield total, total, np.stack([_rectified((column[:, None, None] * maps).sum(0)) for column in weights.T])


def _score_masks(
    request: AttributionRequest, masks: torch.Tensor, live: list[int]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Yield channels, and for each of them the logits of the targets for the picture masked by its map."""
    import torch
    from torch.nn import functional as F

    pixels, targets = request.pixels, list(request.targets)
    flat = sorted(set(range(len(masks))) - set(live))
    if flat:
        yield flat, answer(request, torch.zeros_like(pixels))[:, targets]
    for index in range(0, len(live), request.at_once):
        chosen = live[index : index + request.at_once]
        enlarged = F.interpolate(masks[chosen, None], request.side, mode="bilinear", align_corners=False)
        yield chosen, answer(request, enlarged * pixels)[:, targets]


def _by_gradient(request: AttributionRequest, weigh: Weigh) -> Steps:
    maps, gradients = _gradients(request)
    yield 1, 1, np.stack([_rectified((weigh(maps, gradient) * maps).sum(0)) for gradient in gradients])


def _gradients(request: AttributionRequest) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the layer's maps and for each target the gradient of its score, (channels, height, width)."""
    import torch

    with torch.inference_mode(False):
        # Before the network is held: a layer of a large one has to hold it itself to be computed anew.
        behind = None if request.activations is None else _behind(request, request.activations.kept)
        with borrow(request.backbone.model), permit(), torch.enable_grad():
            score, output = behind or _behind(request, request.passed())
            leaf = output.requires_grad_()
            scores = score(leaf.clone())
            gradients = [_gradient(scores[0, target], leaf) for target in request.targets]
    axis = request.channel_axis
    return channels_first(leaf.detach(), axis)[0], [channels_first(gradient, axis)[0] for gradient in gradients]


def _behind(request: AttributionRequest, kept: Mapping[str, torch.Tensor]) -> tuple[Scores, torch.Tensor]:
    from core.visualization.attribution.class_scores import scores_behind

    return scores_behind(request.backbone.graph, request.layer, request.pixels, kept, request.segment_bytes)


def _gradient(score: torch.Tensor, leaf: torch.Tensor) -> torch.Tensor:
    import torch

    if not score.requires_grad:
        return torch.zeros_like(leaf)
    (gradient,) = torch.autograd.grad(score, leaf, retain_graph=True, allow_unused=True)
    return torch.zeros_like(leaf) if gradient is None else gradient


def _plus_plus(maps: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    import torch

    below = 2 + gradient * maps.sum((1, 2), keepdim=True)  # both sides of the fraction divided by g²
    shares = torch.where(below.abs() > EPSILON, 1 / below, 0)
    return (shares * gradient.relu()).sum((1, 2), keepdim=True)


def _scaled(maps: torch.Tensor) -> torch.Tensor:
    """Return each map on its own range, from 0 to 1."""
    above = maps - maps.amin((1, 2), keepdim=True)
    return above / (above.amax((1, 2), keepdim=True) + EPSILON)


def _rectified(summed: torch.Tensor) -> Floats:
    """Return what is positive, float32 (height, width); nothing where that is but the rounding of what is negative."""
    largest = float(summed.abs().max())
    positive = summed.clamp(min=0)
    values: Floats = positive.numpy().astype(np.float32)
    return values if float(positive.max()) > ROUNDING * largest else np.zeros_like(values)


def _one_pass(_channels: int, _settings: Settings) -> int:
    return 1


CAMS = (
    AttributionMethod(
        name="grad_cam",
        title="Grad-CAM",
        idea=N_("Adds up the layer's maps, each weighted by how much the class's logit grows with it, on average."),
        paper="Selvaraju et al. (2017). Grad-CAM: visual explanations from deep networks",
        url="https://arxiv.org/abs/1610.02391",
        needs="layer",
        explain=grad_cam,
        passes=_one_pass,
    ),
    AttributionMethod(
        name="grad_cam_plus_plus",
        title="Grad-CAM++",
        idea=N_("Like Grad-CAM, but a map that covers a small area counts as much as one that covers a large one."),
        paper="Chattopadhay et al. (2018). Grad-CAM++: improved visual explanations for deep convolutional networks",
        url="https://arxiv.org/abs/1710.11063",
        needs="layer",
        explain=grad_cam_plus_plus,
        passes=_one_pass,
    ),
    AttributionMethod(
        name="layer_cam",
        title="Layer-CAM",
        idea=N_("Weights each position of each map on its own, so that early layers give fine maps too."),
        paper="Jiang et al. (2021). LayerCAM: exploring hierarchical class activation maps for localization",
        url="https://doi.org/10.1109/TIP.2021.3089943",
        needs="layer",
        explain=layer_cam,
        passes=_one_pass,
    ),
    AttributionMethod(
        name="score_cam",
        title="Score-CAM",
        idea=N_(
            "Shows the network the picture through each map in turn and weights the map by the logit: no gradients."
        ),
        paper="Wang et al. (2020). Score-CAM: score-weighted visual explanations for convolutional neural networks",
        url="https://arxiv.org/abs/1910.01279",
        needs="layer",
        explain=score_cam,
        passes=lambda channels, _settings: channels + 1,
    ),
)
