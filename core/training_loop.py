"""The pieces that training loops share: minibatches, a step, the one-cycle policy, accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from torch.optim import SGD, Optimizer
    from torch.optim.lr_scheduler import LRScheduler

MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return how many minibatches one epoch of `count` examples has: whole ones only, but at least one."""
    return max(1, count // batch_size)


def minibatches(count: int, batch_size: int, random: torch.Generator | None = None) -> Iterator[Tensor]:
    """Yield the indices of one epoch's minibatches, int64 (batch_size,), of all examples in a new random order.

    What is left at the end is left out; where there are fewer examples than that, they are one minibatch. `random`
    draws the order, by default PyTorch's own generator.
    """
    import torch

    order = torch.randperm(count, generator=random)
    for step in range(steps_per_epoch(count, batch_size)):
        yield order[step * batch_size :][:batch_size]


def take_step(loss: Tensor, optimizer: Optimizer, schedule: LRScheduler) -> float:
    """Go down the gradient of `loss` by one step, move the schedule on, and return the loss."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    schedule.step()
    return float(loss.detach())


def one_cycle(model: nn.Module, peak_lr: float, total_steps: int) -> tuple[SGD, LRScheduler]:
    """Return SGD with Nesterov momentum and weight decay, and the one-cycle policy of its learning rate.

    Smith and Topin (2018), "Super-convergence", arXiv:1708.07120.
    """
    import torch

    optimizer = torch.optim.SGD(
        model.parameters(), lr=peak_lr, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=peak_lr, total_steps=total_steps)


def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Return the share of inputs whose largest logit is their label's; leaves the model in eval mode."""
    import torch

    model.eval()
    with torch.inference_mode():
        return float((model(inputs).argmax(1) == labels).float().mean())
