"""The loop of activation maximisation: render, transform at random, forward, ascend the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.architectures.loading import Backbone
from core.hooks import borrow
from core.visualization.feature_visualization.objectives import LOGITS, Diversity
from core.visualization.feature_visualization.parametrisations import parametrise
from core.visualization.feature_visualization.records import Frame, Made, Maximisation, Pixels, to_jpeg
from core.visualization.feature_visualization.subnetwork import quickest_type, subnetwork

GREY = 0.5
FAINTEST = 1e-37  # below it a gradient is none; those of untrained networks can be very small


class Ascent:
    """Pictures on their way up; `step` says how far they are. Nothing is random but what the seed draws.

    They have the size of the network's input, unless another `side` in pixels is given.
    """

    def __init__(self, backbone: Backbone, config: Maximisation, side: int | None = None) -> None:
        self.step = 0
        self._backbone = backbone
        self._config = config
        self._side = side or backbone.preprocessing.crop
        self._mean, self._std = (
            torch.tensor(values)[:, None, None] for values in (backbone.preprocessing.mean, backbone.preprocessing.std)
        )
        self._random = torch.Generator().manual_seed(config.seed + 1)
        self._canvas = parametrise(
            config.parametrisation, config.decorrelated, config.pictures, self._side, config.seed
        )
        self._optimizer = torch.optim.Adam([self._canvas.parameters], lr=config.rate, fused=True)
        self._objective = config.objective
        self._diversity = _diversity(backbone, config)
        layers = self._objective.layers | (self._diversity.layers if self._diversity else frozenset())
        self._judging = subnetwork(backbone, self._objective.layers)
        self._climbing = subnetwork(backbone, layers, torch.float32 if config.precise else quickest_type())
        self._seen: list[Tensor] = []
        self._best = torch.full((config.pictures,), -torch.inf)
        self._best_steps = torch.zeros(config.pictures, dtype=torch.int64)
        self._best_pictures = torch.zeros(config.pictures, 3, self._side, self._side)

    def climb(self) -> None:
        """Take one step of Adam along the gradient of the objective by the parameters."""
        pictures = self._canvas.pictures()
        uphill = self._uphill(pictures.detach().requires_grad_())
        self._optimizer.zero_grad()
        pictures.backward(-uphill)  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self.step += 1

    def judge(self) -> tuple[Tensor, Tensor]:
        """Return the pictures as they are now and their scores without random changes; the best are kept."""
        with torch.no_grad():
            shown = self._canvas.pictures().mul(255).round() / 255
            scores = self._objective(self._look(shown))
        better = scores > self._best
        self._best = torch.where(better, scores, self._best)
        self._best_steps[better] = self.step
        self._best_pictures[better] = shown[better]
        return shown, scores

    @property
    def best(self) -> Pixels:
        """Return the pictures with the highest scores so far, uint8 (pictures, side, side, 3)."""
        return _pixels(self._best_pictures)

    def frame(self) -> Frame:
        """Return how it stands; the pictures are judged for it."""
        shown, scores = self.judge()
        seen = torch.stack(self._seen).mean(dim=0) if self._seen else scores
        self._seen.clear()
        return Frame(pictures=tuple(to_jpeg(pixels) for pixels in _pixels(shown)), **self._figures(scores, seen))

    def made(self) -> Made:
        """Return the best pictures and what the whole network answers to them."""
        with torch.no_grad(), borrow(self._backbone.model):
            logits = self._backbone.model((self._best_pictures - self._mean) / self._std)
        pictures = tuple(to_jpeg(pixels) for pixels in self.best)
        figures = self._figures(self._best, self._best)
        return Made(pictures=pictures, pixels=self.best, logits=logits.numpy(), **figures)

    def _figures(self, scores: Tensor, seen: Tensor) -> dict[str, Any]:
        return {
            "step": self.step,
            "total_steps": self._config.steps,
            "scores": tuple(scores.tolist()),
            "seen": tuple(seen.tolist()),
            "best": tuple(self._best.tolist()),
            "best_steps": tuple(self._best_steps.tolist()),
        }

    def _look(self, pictures: Tensor) -> dict[str, Tensor]:
        return self._judging((pictures - self._mean) / self._std)

    def _uphill(self, pictures: Tensor) -> Tensor:
        """Return in which direction the pixels are to change, (pictures, 3, side, side)."""
        changed = self._config.robustness.apply((pictures - self._mean) / self._std, self._random)
        values = self._climbing(changed)
        scores = self._objective(values)
        self._seen.append(scores.detach())
        if self._diversity is not None:  # a picture unlike all others is worth that part of its score more
            worth = self._config.diversity * scores.detach().abs()
            scores = scores + worth * self._diversity(values)
        (gradient,) = torch.autograd.grad(scores.sum(), pictures)
        gradient = _scaled(gradient)
        with torch.no_grad():
            if self._config.decay:
                gradient -= self._config.decay * (pictures - GREY)
            if self._config.total_variation:
                gradient -= self._config.total_variation * total_variation_gradient(pictures)
        return gradient


def total_variation(pictures: Tensor) -> Tensor:
    """Return the sum of all differences between neighbours, their signs left out, of each picture: (pictures,)."""
    across, down = pictures.diff(dim=3).abs(), pictures.diff(dim=2).abs()
    return across.sum((1, 2, 3)) + down.sum((1, 2, 3))


def total_variation_gradient(pictures: Tensor) -> Tensor:
    """Return the gradient of `total_variation` by the pixels; 0 where neighbours are equal."""
    across, down = pictures.diff(dim=3).sign(), pictures.diff(dim=2).sign()
    gradient = torch.zeros_like(pictures)
    gradient[..., 1:] += across
    gradient[..., :-1] -= across
    gradient[..., 1:, :] += down
    gradient[..., :-1, :] -= down
    return gradient


def _scaled(gradient: Tensor) -> Tensor:
    """Return the gradient of each picture with a mean square of 1; none stays none."""
    largest = gradient.abs().amax((1, 2, 3), keepdim=True).clamp(min=FAINTEST)
    parts = gradient / largest  # squared, what is very small would vanish
    return parts / parts.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=FAINTEST)


def _diversity(backbone: Backbone, config: Maximisation) -> Diversity | None:
    """Return the term that keeps several pictures apart, at the layer that is climbed or the last that has maps."""
    if config.pictures == 1 or not config.diversity:
        return None
    named = sorted(config.objective.layers - {LOGITS})
    return Diversity(named[-1] if named else _last_maps(backbone))


def _last_maps(backbone: Backbone) -> str:
    """Return the last layer whose output has more than one cell."""
    side = backbone.preprocessing.crop
    with torch.no_grad(), borrow(backbone.model):
        _, outputs = backbone.graph.run(torch.zeros(1, 3, side, side))
    shapes = {name: output.shape for name, output in outputs.items() if isinstance(output, Tensor)}
    return [name for name, shape in shapes.items() if len(shape) == 4 and min(shape[2:]) > 1][-1]


def _pixels(pictures: Tensor) -> Pixels:
    pixels: Pixels = pictures.mul(255).round().permute(0, 2, 3, 1).numpy().astype(np.uint8)
    return pixels
