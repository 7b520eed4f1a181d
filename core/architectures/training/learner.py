"""The training state of a network: weights, their moving average, optimizer, and one training step."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.training.recipe import TrainingRecipe


class Learner:
    """A network in training on one device, with the average of its weights over the last steps, which is what is kept.

    `teachers` are networks in eval mode on the same device.
    """

    def __init__(
        self, model: nn.Module, recipe: TrainingRecipe, device: torch.device, teachers: tuple[nn.Module, ...]
    ) -> None:
        self.recipe = recipe
        self.device = device
        self.teachers = teachers
        self.model = model.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimizer = torch.optim.SGD(_groups(self.model, recipe), momentum=recipe.momentum, nesterov=True)

    def learn(self, views: Tensor, labels: Tensor, outliers: Tensor, step: int, total_steps: int) -> Tensor:
        """Take one step, counted from 0, and return the loss.

        `views` (n, 3, side, side) are to be recognised as `labels` say: (n,), or shares of the classes (n, classes).
        About `outliers` (m, 3, side, side) the network is to be undecided.
        """
        torch.manual_seed(self.recipe.seed + step)  # for dropout, which has no generator of its own
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.lr_at(step / total_steps)
        with computing(self.device):
            logits = self.model(views).float()
        loss = self._loss(logits, views, labels)
        if len(outliers):
            loss = loss - self.recipe.doubt * F.log_softmax(self._logits_of_outliers(outliers), dim=1).mean()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self._remember(step)
        return loss.detach()

    def state(self) -> dict[str, Any]:
        """Return all that a later `restore` needs to go on as if nothing had happened."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _loss(self, logits: Tensor, views: Tensor, labels: Tensor) -> Tensor:
        by_labels = F.cross_entropy(logits, labels, label_smoothing=self.recipe.smoothing)
        if not self.teachers:
            return by_labels
        trust, warmth = self.recipe.trust, self.recipe.temperature
        learned = F.log_softmax(logits / warmth, dim=1)
        # squared: the gradients of softened answers are so much smaller (Hinton et al. 2015, arXiv:1503.02531)
        by_teachers = F.kl_div(learned, self._answers(views), reduction="batchmean") * warmth**2
        return trust * by_teachers + (1 - trust) * by_labels

    def _logits_of_outliers(self, outliers: Tensor) -> Tensor:
        """Return the logits of a pass of their own, so that outliers leave no trace in the batch statistics."""
        self.model.eval()
        with computing(self.device):
            logits: Tensor = self.model(outliers).float()
        self.model.train()
        return logits

    @torch.no_grad()
    def _answers(self, views: Tensor) -> Tensor:
        """Return the teachers' mean softened probabilities (n, classes) for the very views that are learned from."""
        with computing(self.device):
            logits = [teacher(views).float() for teacher in self.teachers]
        return torch.stack([F.softmax(each / self.recipe.temperature, dim=1) for each in logits]).mean(dim=0)

    @torch.no_grad()
    def _remember(self, step: int) -> None:
        """Move the averaged weights and statistics towards the present ones, faster in the first steps."""
        memory = min(self.recipe.memory, (1 + step) / (10 + step))
        ours, theirs = ([*m.parameters(), *_statistics(m)] for m in (self.average, self.model))
        torch._foreach_lerp_(ours, theirs, 1 - memory)


def computing(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context of a forward pass: bfloat16 where the processor multiplies such numbers, else float32."""
    if device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def _statistics(model: nn.Module) -> list[Tensor]:
    return [buffer for buffer in model.buffers() if buffer.is_floating_point()]


def _groups(model: nn.Module, recipe: TrainingRecipe) -> list[dict[str, Any]]:
    """Return the parameters in two groups: only the weights of convolutions and linear layers decay."""
    weights = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    return [{"params": weights, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
