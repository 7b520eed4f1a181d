"""The steps of lucent's `render_vis`, in its order, on today's PyTorch: what activation maximisation is compared with.

Lucent 0.1.8 brings kornia of at most 0.4.1, IPython, coveralls and some thirty more packages along, so it is not
installed. This is its loop, written after its source (lucent/optvis, Apache 2.0): the Fourier image with decorrelated
colours, the standard transforms one after another (pad, shift, scale, rotate, shift), normalising picture by picture,
the resampling to a fixed size, hooks on every module, Adam with a rate of 0.05. Kornia's translate and warp_affine are
what they are there too: an affine grid and one bilinear sampling each.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.transforms import Normalize

COLOURS = np.asarray([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], dtype="float32")
SCALES = [1 + (i - 5) / 50.0 for i in range(11)]
ANGLES = list(range(-10, 11)) + 5 * [0]


class LucentLoop:
    """One picture on its way up to a channel of a module, or of the last module, the labels."""

    def __init__(self, model: nn.Module, channel: int, module: str = "", side: int = 224, fixed: int | None = 224):
        self._model, self._channel, self._side, self._fixed = model, channel, side, fixed
        frequencies = np.sqrt(np.fft.fftfreq(side)[:, None] ** 2 + np.fft.fftfreq(side)[: side // 2 + 1] ** 2)
        self._spectrum = (torch.randn(1, 3, *frequencies.shape, 2) * 0.01).requires_grad_(True)
        self._scale = torch.tensor(1.0 / np.maximum(frequencies, 1.0 / side)).float()[None, None, ..., None]
        self._normal = Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
        self._features: OrderedDict[str, Tensor] = OrderedDict()
        self._handles = [self._watch(name, part) for name, part in model.named_modules() if name]
        self._wanted = module or next(reversed([name for name, _ in model.named_modules()]))
        self._optimizer = torch.optim.Adam([self._spectrum], lr=5e-2)

    def step(self) -> None:
        """Take one step, as the closure in `render_vis` does."""

        def closure() -> Any:
            self._optimizer.zero_grad()
            self._model(self._transform(self.image()))
            loss = -self._features[self._wanted][:, self._channel].mean()
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        self._optimizer.step(closure)

    def image(self) -> Tensor:
        """Return the picture, (1, 3, side, side), in 0..1."""
        pixels = torch.fft.irfftn(
            torch.view_as_complex(self._scale * self._spectrum), s=(self._side, self._side), norm="ortho"
        )
        correlated = COLOURS / np.max(np.linalg.norm(COLOURS, axis=0))
        mixed = torch.matmul((pixels / 4.0).permute(0, 2, 3, 1), torch.tensor(correlated.T)).permute(0, 3, 1, 2)
        return torch.sigmoid(mixed)

    def close(self) -> None:
        """Remove the hooks."""
        for handle in self._handles:
            handle.remove()

    def _watch(self, name: str, module: nn.Module) -> Any:
        def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            self._features[name] = output

        return module.register_forward_hook(keep)

    def _transform(self, image: Tensor) -> Tensor:
        image = F.pad(image, [12] * 4, mode="constant", value=0.5)
        image = _rotate(_scale(_jitter(image, 8)), float(np.random.choice(ANGLES)))
        image = torch.stack([self._normal(one) for one in _jitter(image, 4)])
        if self._fixed is None:
            return image
        return F.interpolate(image, size=self._fixed, mode="bilinear", align_corners=True)


def _jitter(image: Tensor, most: int) -> Tensor:
    columns, rows = np.random.choice(most), np.random.choice(most)
    height, width = image.shape[2:]
    return _warp(image, torch.tensor([[[1.0, 0.0, -2 * columns / width], [0.0, 1.0, -2 * rows / height]]]))


def _scale(image: Tensor) -> Tensor:
    factor = np.random.choice(SCALES)
    before = image.shape[2:]
    after = [int(np.ceil(factor * length)) for length in before]
    columns = max(0, int(np.ceil((before[1] - after[1]) / 2)))
    rows = max(0, int(np.ceil((before[0] - after[0]) / 2)))
    larger = F.interpolate(image, size=after, mode="bilinear", align_corners=True)
    return F.pad(larger, [rows, columns] * 2)


def _rotate(image: Tensor, degrees: float) -> Tensor:
    angle = torch.deg2rad(torch.tensor(degrees))
    cosine, sine = torch.cos(angle), torch.sin(angle)
    return _warp(image, torch.stack([cosine, sine, sine * 0, -sine, cosine, sine * 0]).reshape(1, 2, 3))


def _warp(image: Tensor, matrix: Tensor) -> Tensor:
    grid = F.affine_grid(matrix.expand(len(image), 2, 3), list(image.shape), align_corners=False)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
