"""What an operation is given, and what is known of it: maps with the reach of their cells, and the call itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from core.architectures.reaches import Axis

HEIGHT, WIDTH = "height", "width"
Names = tuple[str, ...]


class Unknown(Exception):
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


@dataclass(frozen=True, eq=False)
class Call:
    """One operation as it was carried out on tensors without memory: `module` or `target`, its values, its result."""

    kind: str
    module: nn.Module | None
    target: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any

    @property
    def source(self) -> Tensor:
        """Return the first tensor that the operation was given."""
        return next(value for value in self.args if isinstance(value, Tensor))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the result, of its first tensor where there are several."""
        result = self.result if isinstance(self.result, Tensor) else self.result[0]
        return tuple(result.shape)

    def value(self, name: str, place: int, default: Any = None) -> Any:
        """Return an argument: of the module, or by keyword, or at a place among those after the first tensor."""
        if self.module is not None:
            return getattr(self.module, name, default)
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[place] if place < len(self.args) else default
