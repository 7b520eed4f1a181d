"""Calibrates a trained network, converts it to half precision, evaluates it, and writes weights and model card."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from scipy.special import softmax
from torch import nn
from torch.optim.swa_utils import update_bn

from core.architectures.loading import write_embedded
from core.architectures.training.augmentation import normalise
from core.architectures.training.dataset import CLASSES, HELD_OUT_SHARE, Bytes, Labelled, share_of
from core.architectures.training.metrics import (
    BATCH,
    Logits,
    calibration_error,
    evaluate,
    fit_temperature,
    logits_of,
    separation,
    share_unsure,
    top_k_accuracy,
)
from core.architectures.training.model_card import Findings, header_of, write_card
from core.architectures.training.out_of_distribution import cut_to_landscape, uncovered_pictures
from core.architectures.training.recipe import TrainingRecipe
from core.architectures.zoo.class_names import UNSURE_BELOW, class_names
from core.images.preprocessing import Fit

FITS: tuple[Fit, ...] = ("crop", "letterbox")
CPU = torch.device("cpu")
STATISTICS_OF = 16_384  # pictures


def export_network(
    name: str, trained: nn.Module, recipe: TrainingRecipe, pictures: Labelled, held_out: Labelled, path: Path
) -> None:
    """Settle a network trained on `pictures`, judge it, and write its weights to `path` and its card beside them.

    The temperature is fitted on one half of the held-out pictures and judged on the other.
    """
    model = copy.deepcopy(trained).to(CPU, torch.float32).eval()
    renew_statistics(model, pictures)
    to_fit = np.array([share_of(name) < HELD_OUT_SHARE / 2 for name in held_out.names])
    uncalibrated = logits_of(model, held_out, CPU)
    temperature = fit_temperature(uncalibrated[to_fit], held_out.labels[to_fit])
    soften(model, temperature)
    _round(model)
    found = _find(model, held_out, ~to_fit, uncalibrated, temperature)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_embedded(model, path, header_of(recipe, found))
    path.with_suffix(".md").write_text(write_card(name, recipe, len(pictures), found), encoding="utf-8")


def renew_statistics(model: nn.Module, pictures: Labelled) -> None:
    """Take the statistics of batch normalisation anew, from whole pictures as the app shows them.

    Those of training are of crops, coloured and mixed, whose contrast is another (Touvron et al. 2019,
    arXiv:1906.06423), and of weights before they were averaged.
    """
    random = torch.Generator().manual_seed(0)
    chosen = torch.randperm(len(pictures), generator=random)[:STATISTICS_OF]
    images = torch.from_numpy(pictures.images)
    update_bn((normalise(images[places]).contiguous() for places in torch.split(chosen, BATCH)), model)
    model.eval()


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
    outliers = logits_of(model, _unlabelled(crops), CPU)
    return Findings(
        judged=evaluate(logits[to_judge], labels[to_judge], names),
        whole=evaluate(logits, labels, names),
        temperature=temperature,
        uncalibrated_error=calibration_error(
            softmax(uncalibrated[to_judge].astype(np.float64), axis=1), labels[to_judge]
        ),
        landscape={fit: top_k_accuracy(logits_of(model, cut_to_landscape(held_out, fit), CPU), labels) for fit in FITS},
        separation=separation(logits, outliers),
        unsure_below=UNSURE_BELOW,
        unsure_covered=share_unsure(logits, UNSURE_BELOW),
        unsure_uncovered=share_unsure(outliers, UNSURE_BELOW),
        uncovered=len(crops),
        photographs=photographs,
    )


def _unlabelled(images: Bytes) -> Labelled:
    return Labelled(images, np.zeros(len(images), dtype=np.int64), ("",) * len(images))
