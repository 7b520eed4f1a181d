"""Random affine transforms before each forward pass (transformation robustness)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """How much a picture is changed at random at each step.

    `jitter` shifts by at most so much in both directions and `pad` puts so much of the mean colour around the picture,
    both in parts of its side; `scale` makes it larger or smaller by at most that part, `rotate` turns it by at most so
    many degrees. Raises `ValueError` for changes that leave nothing of a picture.
    """

    jitter: float = 0.0
    scale: float = 0.0
    rotate: float = 0.0
    pad: float = 0.0

    def __post_init__(self) -> None:
        fits = 0 <= self.jitter <= 0.5 and 0 <= self.scale <= 0.5 and 0 <= self.rotate <= 180 and 0 <= self.pad <= 0.5
        if not fits:
            raise ValueError(f"{self} leaves too little of a picture")

    @property
    def changes_anything(self) -> bool:
        """Return whether the network ever sees another picture than the one that is made."""
        return any((self.jitter, self.scale, self.rotate, self.pad))

    def apply(self, pictures: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        """Return normalised pictures (pictures, 3, side, side), each changed in its own way; outside of them is 0.

        All changes are one affine map, so that the pixels are interpolated once only, bilinearly.
        """
        from torch.nn import functional as F

        if not self.changes_anything:
            return pictures
        maps = self.maps(len(pictures), random)
        grid = F.affine_grid(maps, list(pictures.shape), align_corners=False)
        return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    def maps(self, count: int, random: torch.Generator) -> torch.Tensor:
        """Return random maps, (count, 2, 3), from where in its input the network looks to where that is in the picture.

        Coordinates go from -1 to 1, columns first.
        """
        import torch

        draws = torch.rand(4, count, generator=random) * 2 - 1
        angle = torch.deg2rad(self.rotate * draws[0])
        zoom = (1 + 2 * self.pad) / (1 + self.scale * draws[1])
        cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
        shift = 2 * self.jitter * draws[2:]
        rows = torch.stack([cosine, -sine, shift[0]]), torch.stack([sine, cosine, shift[1]])
        return torch.stack(rows).permute(2, 0, 1)
