"""Activation maximisation beside lucent's: steps a second, and the probability of the class reached.

The same network, one thread, the same size of picture and of the network's input, the Fourier parametrisation with
decorrelated colours, random changes of the same kinds. Lucent judges and shows nothing on the way; where a case says
so, ours counts the frames that it judges and encodes for the page.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Pairs, Row, in_fresh_process, paired

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from core.architectures.loading import Backbone
    from core.visualization.feature_visualization.objectives import Objective

TOPIC = "visualization"
PEER = "lucent"
BOUND = ">= 1.3"
PAIRS, WARM_UP = 8, 1
STEPS = 160  # as the page does by default
CLASSES = ("cat", "bus", "banana")


@dataclass(frozen=True)
class Case:
    """What is climbed: the logit of class `channel`, or that channel of a layer, `module` being what puts it out.

    `bound` is meant where all of the network is needed for both. With `fixed` lucent resamples to the network's side;
    without it the network sees what lucent's padding makes of the picture by default. With `frozen` the weights want
    no gradients; as lucent documents it they do. With `frames` ours counts its frames too; `precise` makes it calculate
    in single precision, as lucent does, where by default it takes what the processor is quickest at.
    """

    name: str
    backbone: str
    weights: str
    side: int
    channel: int = 8
    layer: str = ""
    module: str = ""
    fixed: bool = True
    frozen: bool = True
    frames: bool = False
    precise: bool = False
    bound: str = BOUND

    @property
    def objective(self) -> Objective:
        """Return what is climbed."""
        from core.visualization.feature_visualization.objectives import Channel, Logit

        return Channel(self.layer, self.channel) if self.layer else Logit(self.channel)


CASES = (
    Case("class", "resnet18", "untrained", 224),
    Case("class", "tiny_resnet", "embedded", 64),
    Case("class_with_frames", "resnet18", "untrained", 224, frames=True, bound=""),
    Case("class_in_single_precision", "resnet18", "untrained", 224, precise=True, bound=""),
    Case("class_as_documented", "resnet18", "untrained", 224, fixed=False, frozen=False, bound=""),
    Case("channel", "resnet18", "untrained", 224, layer="layer2.1.relu_1", module="layer2_1", bound=""),
)


def measure() -> Iterable[Row]:
    """Return for each case how many times lucent's steps a second are taken, then the probabilities."""
    for case in CASES:
        yield in_fresh_process(measure_case, case)
    yield in_fresh_process(measure_probability)


def measure_case(case: Case) -> Row:
    """Return the row of one case; in a process of its own, prepared as the app prepares it."""
    from core.compute import prepare

    prepare()
    from core.architectures.loading import load
    from core.visualization.feature_visualization.gradient_ascent import Ascent
    from core.visualization.feature_visualization.records import Maximisation

    backbone = load(case.backbone, case.weights)
    config = Maximisation(
        backbone=case.backbone, weights=case.weights, objective=case.objective, steps=STEPS, precise=case.precise
    )
    ascent = Ascent(backbone, config)
    model = load(case.backbone, case.weights).model.requires_grad_(not case.frozen)
    steps = config.frame_every

    def ours() -> None:
        for _ in range(steps):
            ascent.climb()
        if case.frames:
            ascent.frame()

    def theirs() -> None:
        lucent_made(model, f"{case.module or 'labels'}:{case.channel}", case.side, steps, resampled=case.fixed)

    return _row(case, paired(_seconds(ours, steps), _seconds(theirs, steps), PAIRS, WARM_UP))


def lucent_made(model: nn.Module, objective: str, side: int, steps: int, *, resampled: bool) -> np.ndarray:
    """Return what lucent makes of noise in so many steps, (1, 3, side, side) in 0..1, without its hooks."""
    from lucent.optvis import param, render

    try:
        images = render.render_vis(
            model,
            objective,
            param_f=lambda: param.image(side),
            thresholds=(steps,),
            progress=False,
            show_image=False,
            fixed_image_size=side if resampled else None,
        )
    finally:
        for module in model.modules():  # otherwise each call would be slower than the one before
            module._forward_hooks.clear()
    made: np.ndarray = images[-1].transpose(0, 3, 1, 2)
    return made


def _seconds(function: Callable[[], object], steps: int) -> Callable[[], float]:
    """Return a measurement of CPU seconds a step, of a function that takes so many."""

    def measure() -> float:
        start = time.process_time()
        function()
        return (time.process_time() - start) / steps

    return measure


def _row(case: Case, found: Pairs) -> Row:
    from core.visualization.feature_visualization.subnetwork import quickest_type

    ours, theirs = (1 / statistics.median(side) for side in (found.baseline, found.measured))
    differences = [] if case.fixed else ["its own size: the padded picture"]
    differences += [] if case.frozen else ["gradients of the weights too, which it does not switch off"]
    differences += ["ours with the frames that are judged"] if case.frames else []
    differences += (
        [] if case.precise else [f"ours in {quickest_type()}, lucent's in torch.float32".replace("torch.", "")]
    )
    differences += ["it runs all of the network, ours what the layer needs"] if case.layer else []
    text = "; ".join([f"{ours:.2f} to {theirs:.2f} steps a CPU second", *differences, f"{PAIRS} pairs"])
    return Row(
        topic=TOPIC,
        name=f"maximisation_{case.backbone}_{case.name}",
        value=found.ratio,
        unit="times as fast",
        versus=PEER,
        bound=case.bound,
        note=text,
    )


def measure_probability() -> Row:
    """Return the probability of the class that the embedded network gives the picture made of it; with the peer's."""
    from core.compute import prepare

    prepare()
    from core.architectures.loading import load

    backbone = load("tiny_resnet", "embedded")
    classes = [backbone.class_names.index(name) for name in CLASSES]
    ours = [_our_probability(backbone, index) for index in classes]
    theirs = [_their_probability(backbone, index) for index in classes]
    named = ", ".join(
        f"{name} {our:.3f} to {their:.3f}" for name, our, their in zip(CLASSES, ours, theirs, strict=True)
    )
    return Row(
        topic=TOPIC,
        name="maximisation_probability_reached",
        value=statistics.mean(ours),
        unit="probability",
        versus=f"{PEER}, {statistics.mean(theirs):.3f}",
        note=f"Tiny ResNet, mean of {len(CLASSES)} classes after {STEPS} steps, of the picture as it is: {named}",
    )


def _our_probability(backbone: Backbone, index: int) -> float:
    from core.visualization.feature_visualization.activation_maximisation import ascend
    from core.visualization.feature_visualization.objectives import Logit
    from core.visualization.feature_visualization.records import Made, Maximisation

    *_, made = ascend(backbone, Maximisation(backbone=backbone.entry.name, objective=Logit(index), steps=STEPS))
    assert isinstance(made, Made)
    return _softmax(made.logits[0])[index]


def _their_probability(backbone: Backbone, index: int) -> float:
    import torch

    torch.manual_seed(0)
    np.random.seed(0)
    side, preprocessing = backbone.preprocessing.crop, backbone.preprocessing
    made = torch.from_numpy(lucent_made(backbone.model, f"labels:{index}", side, STEPS, resampled=True))
    mean, std = (torch.tensor(values)[:, None, None] for values in (preprocessing.mean, preprocessing.std))
    with torch.no_grad():
        logits = backbone.model((made.mul(255).round() / 255 - mean) / std)
    return _softmax(logits[0].numpy())[index]


def _softmax(logits: np.ndarray) -> list[float]:
    shares = np.exp(logits - logits.max())
    values: list[float] = (shares / shares.sum()).tolist()
    return values
