"""One operation of a traced network, with its values and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Operation:
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

    def value(self, name: str, index: int, default: Any = None) -> Any:
        """Return an argument: of the module, or by keyword, or at a place among those after the first tensor."""
        if self.module is not None:
            return getattr(self.module, name, default)
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[index] if index < len(self.args) else default


def precision(model: nn.Module) -> torch.dtype:
    """Return the type of number that a model computes with."""
    return next((value.dtype for value in model.parameters() if value.is_floating_point()), torch.float32)


def holds_tensor(value: Any) -> bool:
    """Return whether a value is a tensor, or a list or tuple with one."""
    return isinstance(value, torch.Tensor) or (
        isinstance(value, list | tuple) and any(isinstance(part, torch.Tensor) for part in value)
    )
