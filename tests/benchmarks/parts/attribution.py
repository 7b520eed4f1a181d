"""Grad-CAM from the picture to the map, beside the three libraries that are used for it, as each documents itself."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import Pairs, Row, in_fresh_process, paired, timed

if TYPE_CHECKING:
    import torch

    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Activations

TOPIC = "visualization"
NETWORKS = {  # our name of the layer, and the module that puts the same out
    "resnet18": ("layer4.1.relu_1", "layer4"),
    "tiny_resnet": ("stage4.block2.relu", "stage4.block2"),
    "mobilenet_v2": ("features.18.2", "features.18"),
}
EQUAL = "<= 1.1"
BOUNDS_OF_JOBS = {"one_class": ">= 3", "two_classes": ">= 3", "captured": ">= 3"}
AGREEING = ">= 0.999"
PAIRS, WARM_UP = 20, 4

Maps = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Subject:
    """What all explain: the class `target` of one picture, (1, 3, height, width)."""

    backbone: Backbone
    batch: torch.Tensor
    layer: str
    module: str
    target: int


def measure() -> Iterable[Row]:
    """Return for each network how long the others take, and how far the maps agree."""
    for name in NETWORKS:
        yield from in_fresh_process(measure_network, name)


def measure_network(name: str) -> list[Row]:
    """Return the rows of one network; in a process of its own, prepared as the app prepares it."""
    from core.compute import prepare

    prepare()
    from core.visualization.activations.activation_capture import capture

    backbone, picture = _loaded(name)
    subject = _subject(backbone, picture, name)
    peers = {"torchcam": _torchcam(subject), "captum": _captum(subject), "pytorch_grad_cam": _pytorch_grad_cam(subject)}
    ours = _ours(subject)
    found = {peer: paired(timed(run), timed(ours), PAIRS, WARM_UP) for peer, run in peers.items()}
    rows = [*_speed_rows(name, found), *(_agreement_row(name, peer, ours(), run()) for peer, run in peers.items())]
    library = peers["pytorch_grad_cam"]
    two = paired(timed(lambda: (library(), library())), timed(_ours(subject, others=1)), PAIRS, WARM_UP)
    kept = paired(timed(library), timed(_ours(subject, capture(backbone, picture))), PAIRS, WARM_UP)
    notes = {
        "two_classes": "two classes of one picture, as side by side on the page",
        "captured": "another class of a picture whose layers are captured already, as on the page",
    }
    return [
        *rows,
        *(_library_row(name, job, pairs, notes[job]) for job, pairs in (("two_classes", two), ("captured", kept))),
    ]


def _speed_rows(name: str, found: dict[str, Pairs]) -> Iterable[Row]:
    faster = max(("torchcam", "captum"), key=lambda peer: found[peer].ratio)
    for peer in ("torchcam", "captum"):
        bound = EQUAL if peer == faster else ""
        note = found[peer].describe("CPU ms")
        yield Row(
            topic=TOPIC,
            name=f"grad_cam_{name}_vs_{peer}",
            value=found[peer].ratio,
            unit="ratio",
            versus=peer,
            bound=bound,
            note=f"the faster of both; {note}" if bound else note,
        )
    yield _library_row(name, "one_class", found["pytorch_grad_cam"], "one class of one picture")


def _library_row(name: str, job: str, pairs: Pairs, note: str) -> Row:
    """Return how many times faster than pytorch-grad-cam, which goes through the network forwards and backwards."""
    return Row(
        topic=TOPIC,
        name=f"grad_cam_{name}_{job}_vs_pytorch_grad_cam",
        value=1 / pairs.ratio,
        unit="times faster",
        versus="pytorch-grad-cam",
        bound=BOUNDS_OF_JOBS[job],
        note=f"{note}; {pairs.describe('CPU ms')}",
    )


def _agreement_row(name: str, peer: str, ours: Maps, theirs: Maps) -> Row:
    if ours.shape != theirs.shape:
        from core.visualization.attribution.insertion_deletion import enlarge_map

        ours = enlarge_map(np.asarray(ours, np.float32), (theirs.shape[0], theirs.shape[1]))
    correlation = float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])
    return Row(
        topic=TOPIC,
        name=f"grad_cam_{name}_agrees_with_{peer}",
        value=correlation,
        unit="correlation",
        versus=peer,
        bound=AGREEING,
    )


def _loaded(name: str) -> tuple[Backbone, Any]:
    from core.architectures.loading import load
    from core.architectures.zoo.backbones import BACKBONES, available_weights
    from core.datasets.sample_images import sample

    weights = "embedded" if "embedded" in available_weights(BACKBONES[name]) else "untrained"
    return load(name, weights), sample("chelsea")


def _subject(backbone: Backbone, picture: Any, name: str) -> Subject:
    """Return the most probable class for which anything speaks; of untrained networks the first may have nothing."""
    import torch

    from core.images.preprocessing import fit_to_input, to_array

    preprocessing = backbone.preprocessing
    batch = torch.from_numpy(to_array(fit_to_input(picture, preprocessing).image, preprocessing))
    with torch.inference_mode():
        classes = backbone.model(batch)[0].argsort(descending=True).tolist()
    for target in classes:
        subject = Subject(backbone, batch, *NETWORKS[name], target)
        if _ours(subject)().max() > 0:
            return subject
    raise ValueError(f"nothing speaks for any class of {name}")


def _ours(subject: Subject, activations: Activations | None = None, others: int = 0) -> Callable[[], Maps]:
    from core.visualization.attribution.base import AttributionRequest
    from core.visualization.attribution.methods import attribute

    targets = tuple((subject.target + index) % len(subject.backbone.class_names) for index in range(1 + others))
    given = {"backbone": subject.backbone, "batch": subject.batch.numpy(), "targets": targets}

    def run() -> Maps:
        request = AttributionRequest(**given, layer=subject.layer, activations=activations)  # type: ignore[arg-type]
        return attribute(request, "grad_cam").of(subject.target)

    return run


def _own(subject: Subject) -> Any:
    """Return a copy whose weights have gradients, as a model has that one builds and puts into eval mode."""
    return copy.deepcopy(subject.backbone.model).eval().requires_grad_(True)


def _torchcam(subject: Subject) -> Callable[[], Maps]:
    from torchcam.methods import GradCAM

    own = _own(subject)
    extractor = GradCAM(own, subject.module)

    def run() -> Maps:
        (found,) = extractor(subject.target, own(subject.batch))
        return found[0].numpy()  # type: ignore[no-any-return]

    return run


def _captum(subject: Subject) -> Callable[[], Maps]:
    from captum.attr import LayerGradCam

    own = _own(subject)
    method = LayerGradCam(own, own.get_submodule(subject.module))
    attribute = partial(method.attribute, subject.batch, subject.target, relu_attributions=True)
    return lambda: attribute()[0, 0].detach().numpy()


def _pytorch_grad_cam(subject: Subject) -> Callable[[], Maps]:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    own = _own(subject)
    method = GradCAM(model=own, target_layers=[own.get_submodule(subject.module)])
    targets = [ClassifierOutputTarget(subject.target)]
    return lambda: method(input_tensor=subject.batch, targets=targets)[0]
