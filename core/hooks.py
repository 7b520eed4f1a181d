"""Borrowing a shared model: the only place where hooks are registered and flags are changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.hooks import RemovableHandle

_locks: WeakKeyDictionary[nn.Module, threading.RLock] = WeakKeyDictionary()
_locks_guard = threading.Lock()


class Loan:
    """A model in hand; what is registered through it is removed when the loan ends."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self._handles: list[RemovableHandle] = []

    def watch(self, module: nn.Module, callback: Callable[[nn.Module, Any, Any], Any]) -> None:
        """Call `callback(module, inputs, output)` after each forward pass of `module`, until the loan ends."""
        self._handles.append(module.register_forward_hook(callback))

    def release(self) -> None:
        """Remove every hook that this loan registered."""
        while self._handles:
            self._handles.pop().remove()


@contextmanager
def borrow(model: nn.Module) -> Iterator[Loan]:
    """Lend `model` in eval mode to one thread at a time.

    Afterwards, also after an exception, each module's `training` flag and each parameter's `requires_grad` flag
    are what they were, and no hook registered through the loan is left.
    """
    with _lock_of(model):
        modules = list(model.modules())  # walked once: a large network has hundreds
        training = [(module, module.training) for module in modules]
        own = [parameter for module in modules for parameter in module._parameters.values() if parameter is not None]
        gradients = [(parameter, parameter.requires_grad) for parameter in own]
        loan = Loan(model)
        try:
            if any(was_training for _module, was_training in training):
                model.eval()
            yield loan
        finally:
            loan.release()
            for module, was_training in training:
                if module.training != was_training:  # setting it takes longer than looking
                    module.training = was_training
            for parameter, required in gradients:
                if parameter.requires_grad != required:
                    parameter.requires_grad_(required)


def _lock_of(model: nn.Module) -> threading.RLock:
    with _locks_guard:
        return _locks.setdefault(model, threading.RLock())
