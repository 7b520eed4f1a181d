"""Receptive fields of a tensor: for each axis, the interval of pixels that its cells depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.architectures.receptive_field.axis import Axis

HEIGHT, WIDTH = "height", "width"
Names = tuple[str, ...]


class UnsupportedOperationError(Exception):
    """No rule says what an operation does to receptive fields; nothing is said of what follows from it."""


@dataclass(frozen=True, eq=False)
class Maps:
    """What the cells of a tensor depend on; `names` tells for each of its axes whether it is the height or the width.

    An axis that is neither has the name "". A tensor without a height has one cell along it, or mixes all of them.
    """

    height: Axis
    width: Axis
    names: Names

    @classmethod
    def of_picture(cls, height: int, width: int) -> Maps:
        """Return the maps of the picture itself, (1, channels, height, width)."""
        return cls(Axis.of_picture(height), Axis.of_picture(width), ("", "", HEIGHT, WIDTH))

    def change(self, name: str, change: Callable[[Axis], Axis]) -> Maps:
        """Return these maps with the axis `name` changed."""
        if name == HEIGHT:
            return replace(self, height=change(self.height))
        return replace(self, width=change(self.width)) if name == WIDTH else self
