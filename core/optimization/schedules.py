"""Learning-rate schedules of torch.optim.lr_scheduler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.i18n import N_
from core.registry import Registry

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule; `build` returns the scheduler of torch for an optimizer and a number of steps; None for none."""

    name: str
    title: str
    idea: str
    build: Callable[[Optimizer, int], LRScheduler] | None = field(compare=False)


def _steps(optimizer: Optimizer, steps: int) -> LRScheduler:
    from torch.optim.lr_scheduler import MultiStepLR

    return MultiStepLR(optimizer, milestones=[round(steps * share) for share in (0.6, 0.85)], gamma=0.1)


def _cosine(optimizer: Optimizer, steps: int) -> LRScheduler:
    from torch.optim.lr_scheduler import CosineAnnealingLR

    return CosineAnnealingLR(optimizer, T_max=steps)


def _warm_up(optimizer: Optimizer, steps: int) -> LRScheduler:
    from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

    warm = max(1, steps // 10)
    rise = LinearLR(optimizer, start_factor=0.05, total_iters=warm)
    fall = CosineAnnealingLR(optimizer, T_max=max(1, steps - warm))
    return SequentialLR(optimizer, [rise, fall], milestones=[warm])


SCHEDULES: Registry[Schedule] = Registry(
    N_("schedule"),
    (
        Schedule(name="constant", title=N_("Constant"), idea=N_("The learning rate stays as it is."), build=None),
        Schedule(
            name="steps",
            title=N_("Two drops"),
            idea=N_("A tenth of it after 60 % of the steps, a hundredth after 85 %."),
            build=_steps,
        ),
        Schedule(name="cosine", title=N_("Cosine"), idea=N_("Down to zero along half a cosine."), build=_cosine),
        Schedule(
            name="warm_up",
            title=N_("Warm-up, cosine"),
            idea=N_("Up from a twentieth during the first 10 % of the steps, then half a cosine."),
            build=_warm_up,
        ),
    ),
)
