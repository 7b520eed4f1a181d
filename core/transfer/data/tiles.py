"""Small tiles cut from large images, so that one photograph gives many examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images.picture import Picture

BLOCKS = 4  # along each side of a picture; what is cut from one block stays together in a split
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Patches:
    """Squares of one picture, (n, side, side, 3) uint8, and the block (n,) that each lies in, 0 to 15."""

    squares: Pixels
    blocks: NDArray[np.int64]


def cut(picture: Image.Image, side: int, stride: int) -> Patches:
    """Return the squares of `side` pixels that lie within one of 4 × 4 blocks, `stride` apart.

    So squares of different blocks have no pixel in common. A block that is too small for one gives none.
    """
    pixels = np.asarray(picture.convert("RGB"))
    height, width = pixels.shape[:2]
    found, blocks = [], []
    for block in range(BLOCKS * BLOCKS):
        row, column = divmod(block, BLOCKS)
        top, bottom = row * height // BLOCKS, (row + 1) * height // BLOCKS
        left, right = column * width // BLOCKS, (column + 1) * width // BLOCKS
        for y in range(top, bottom - side + 1, stride):
            for x in range(left, right - side + 1, stride):
                found.append(pixels[y : y + side, x : x + side])
                blocks.append(block)
    squares = np.stack(found) if found else np.empty((0, side, side, 3), np.uint8)
    return Patches(squares, np.array(blocks, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class PixelSource:
    """Pictures that are at hand as pixels, (n, height, width, 3) uint8."""

    pixels: Pixels
    name: str

    def picture(self, index: int) -> Picture:
        """Return one picture."""
        image = Image.fromarray(self.pixels[index])
        return Picture(f"{self.name}-{index}", f"{self.name}-{index}.png", *image.size, "PNG", image)
