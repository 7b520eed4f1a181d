"""What torchvision.transforms.v2 does not have as a random transform, or only in builds with a codec of their own."""

from __future__ import annotations

from core import torchvision_compat  # noqa: F401

# isort: split
import io
from typing import Any

import torch
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F


class OneOfFive(v2.Transform):  # type: ignore[misc]
    """One of the four corners and the centre, each as likely; what is smaller than the crop is padded first."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Return the place of the crop: which of the five, its top and its left, and the padding needed."""
        height, width = F.get_size(flat_inputs[0])
        across, down = max(0, self.size - width), max(0, self.size - height)
        height, width = height + down, width + across
        which = int(torch.randint(5, ()))
        bottom, right = height - self.size, width - self.size
        top, left = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)][which]
        padding = [across // 2, down // 2, across - across // 2, down - down // 2]
        return {"which": which, "top": top, "left": left, "padding": padding}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Return the crop of an input, padded where it needs to be."""
        if any(params["padding"]):
            inpt = self._call_kernel(F.pad, inpt, padding=params["padding"], fill=0)
        return self._call_kernel(F.crop, inpt, params["top"], params["left"], self.size, self.size)


class PillowJPEG(v2.Transform):  # type: ignore[misc]
    """Compresses by Pillow's JPEG, at a quality drawn from a range, and reads the picture back.

    As `v2.JPEG`, which needs a build of torchvision with libjpeg.
    """

    _transformed_types = (tv_tensors.Image,)

    def __init__(self, quality: tuple[int, int]) -> None:
        super().__init__()
        self.quality = quality

    def make_params(self, _flat_inputs: list[Any]) -> dict[str, Any]:
        """Return the quality."""
        return {"quality": int(torch.randint(self.quality[0], self.quality[1] + 1, ()))}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Return a picture as it is after compression."""
        packed = io.BytesIO()
        F.to_pil_image(inpt).save(packed, "JPEG", quality=params["quality"])
        return tv_tensors.Image(F.pil_to_tensor(Image.open(packed).convert("RGB")))
