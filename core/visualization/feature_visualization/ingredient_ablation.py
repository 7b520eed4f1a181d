"""Ablation of the ingredients: the same target and seed with one ingredient more each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.i18n import N_
from core.visualization.feature_visualization.activation_maximisation import ascend
from core.visualization.feature_visualization.random_transforms import Robustness
from core.visualization.feature_visualization.records import Frame, Made, Maximisation

if TYPE_CHECKING:
    from core.architectures.loading import Backbone


@dataclass(frozen=True)
class IngredientStep:
    """One step: its title, marked for translation, and the configuration that makes its picture."""

    title: str
    config: Maximisation


def ingredient_steps(config: Maximisation) -> tuple[IngredientStep, ...]:
    """Return the steps that lead to `config`, itself the last; all with one picture.

    Bare pixels first, then what smooths and decay, then frequencies, uncorrelated colours, and at last the random
    changes.
    """
    full = replace(config, parametrisation="fourier", decorrelated=True, pictures=1, diversity=0.0)
    steady = replace(full, robustness=Robustness())
    correlated = replace(steady, decorrelated=False)
    pixels = replace(correlated, parametrisation="pixel")
    calm = N_("+ smoothing and decay") if config.decay else N_("+ smoothing")
    return (
        IngredientStep(N_("Pixels"), replace(pixels, total_variation=0.0, decay=0.0)),
        IngredientStep(calm, pixels),
        IngredientStep(N_("+ frequencies"), correlated),
        IngredientStep(N_("+ uncorrelated colours"), steady),
        IngredientStep(N_("+ random changes"), full),
    )


def maximise_stepwise(config: Maximisation) -> Iterator[Frame]:
    """Yield frames with one picture a step, in the order of `ingredient_steps`, all at the same step; `Made` last.

    Works on a network of its own. Raises `DownloadError` where its weights are missing.
    """
    from core.architectures.loading import load
    from core.compute import prepare

    prepare()
    yield from ascend_stepwise(load(config.backbone, config.weights, config.weights_seed), config)


def ascend_stepwise(backbone: Backbone, config: Maximisation) -> Iterator[Frame]:
    """Yield the same with a loaded backbone, which is left as it is."""
    runs = [ascend(backbone, each.config) for each in ingredient_steps(config)]
    for frames in zip(*runs, strict=True):
        yield _join(frames)


def _join(frames: tuple[Frame, ...]) -> Frame:
    figures: dict[str, Any] = {
        "step": frames[0].step,
        "total_steps": frames[0].total_steps,
        **{
            name: tuple(value for frame in frames for value in getattr(frame, name))
            for name in ("pictures", "scores", "seen", "best", "best_steps")
        },
    }
    made = [frame for frame in frames if isinstance(frame, Made)]
    if not made:
        return Frame(**figures)
    pixels, logits = (np.concatenate([getattr(event, name) for event in made]) for name in ("pixels", "logits"))
    return Made(**figures, pixels=pixels, logits=logits)
