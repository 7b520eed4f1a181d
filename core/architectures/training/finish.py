"""From a trained network to what is shipped: calibrated, in half precision, judged as it will be loaded."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from scipy.special import softmax
from torch import nn

from core.architectures.classes import UNSURE_BELOW, class_names
from core.architectures.loading import write_embedded
from core.architectures.training.card import Findings, header_of, write_card
from core.architectures.training.judge import (
    Logits,
    calibration_error,
    fit_temperature,
    judge,
    logits_of,
    separation,
    share_right,
    share_unsure,
)
from core.architectures.training.labelled import CLASSES, HELD_OUT_SHARE, Bytes, Labelled, share_of
from core.architectures.training.photographs import cut_to_landscape, uncovered_pictures
from core.architectures.training.recipe import Recipe
from core.images import Fit

FITS: tuple[Fit, ...] = ("crop", "letterbox")
CPU = torch.device("cpu")


def finish(name: str, trained: nn.Module, recipe: Recipe, held_out: Labelled, trained_on: int, path: Path) -> None:
    """Calibrate a trained network, judge it, and write its weights to `path` and its card beside them.

    The temperature is fitted on one half of the held-out pictures and judged on the other.
    """
    model = copy.deepcopy(trained).to(CPU, torch.float32).eval()
    to_fit = np.array([share_of(name) < HELD_OUT_SHARE / 2 for name in held_out.names])
    uncalibrated = logits_of(model, held_out, CPU)
    temperature = fit_temperature(uncalibrated[to_fit], held_out.labels[to_fit])
    soften(model, temperature)
    _round(model)
    found = _find(model, held_out, ~to_fit, uncalibrated, temperature)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_embedded(model, path, header_of(recipe, found))
    path.with_suffix(".md").write_text(write_card(name, recipe, trained_on, found), encoding="utf-8")


def soften(model: nn.Module, temperature: float) -> None:
    """Divide all logits of `model` by `temperature` for good, in the weights of the layer that gives them."""
    last = [module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d)][-1]
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.div_(temperature)


def _round(model: nn.Module) -> None:
    """Give the weights the values that they will have when they come back from half precision."""
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half().float())


def _find(
    model: nn.Module, held_out: Labelled, to_judge: np.ndarray, uncalibrated: Logits, temperature: float
) -> Findings:
    names, labels = class_names(CLASSES), held_out.labels
    logits = logits_of(model, held_out, CPU)
    crops, photographs = uncovered_pictures()
    strange = logits_of(model, _unlabelled(crops), CPU)
    return Findings(
        judged=judge(logits[to_judge], labels[to_judge], names),
        whole=judge(logits, labels, names),
        temperature=temperature,
        uncalibrated_error=calibration_error(
            softmax(uncalibrated[to_judge].astype(np.float64), axis=1), labels[to_judge]
        ),
        landscape={fit: share_right(logits_of(model, cut_to_landscape(held_out, fit), CPU), labels) for fit in FITS},
        separation=separation(logits, strange),
        unsure_below=UNSURE_BELOW,
        unsure_covered=share_unsure(logits, UNSURE_BELOW),
        unsure_uncovered=share_unsure(strange, UNSURE_BELOW),
        uncovered=len(crops),
        photographs=photographs,
    )


def _unlabelled(images: Bytes) -> Labelled:
    return Labelled(images, np.zeros(len(images), dtype=np.int64), ("",) * len(images))
