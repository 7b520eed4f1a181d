"""Builds a network with seeded random weights, or on the meta device for weights from a file."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

DRAWS: frozenset[Callable[..., Any]] = frozenset(
    {
        *(Tensor.normal_, Tensor.uniform_, Tensor.bernoulli_, Tensor.exponential_, Tensor.random_),
        *(torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli),
        *(torch.rand_like, torch.randn_like, torch._sample_dirichlet),
        *(
            function
            for name, function in inspect.getmembers(nn.init, inspect.isfunction)
            if name.endswith("_") and "generator" in inspect.signature(function).parameters
        ),
    }
)
"""What draws random numbers while a network is built, all from the global generator unless they are handed another."""


FILLS = DRAWS | {
    *(Tensor.zero_, Tensor.fill_, nn.init.constant_, nn.init.ones_, nn.init.zeros_),
    *(nn.init.trunc_normal_, nn.init.normal_, nn.init.uniform_, nn.init.kaiming_normal_, nn.init.kaiming_uniform_),
    *(nn.init.xavier_normal_, nn.init.xavier_uniform_),
}
"""What sets the numbers of a tensor and returns it."""


class Seeded(TorchFunctionMode):
    """While it is entered, the weights drawn in this thread come from a generator of its own.

    They are bit for bit those that `torch.manual_seed(seed)` gives, but the global generator, which all threads share,
    is neither read nor changed. That makes it safe to build many networks at once.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        own = {"generator": self._generator} if func in DRAWS else {}
        return func(*args, **{**(kwargs or {}), **own})


class MetaTensors(TorchFunctionMode):
    """While it is entered, the weights of networks built in this thread have a shape and no memory.

    Only what layers allocate to be filled goes to the meta device: arithmetic that an architecture does to find its
    widths (RegNet) still works, which `torch.device("meta")` would break.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.empty:
            return func(*args, **{**(kwargs or {}), "device": "meta"})
        if func in FILLS:
            filled = args[0] if args else (kwargs or {}).get("tensor")
            if isinstance(filled, Tensor) and filled.is_meta:
                return filled  # there are no numbers to set
        return func(*args, **(kwargs or {}))
