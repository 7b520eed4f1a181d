"""Evidence for a class is what the reference libraries find, on every network, and leaves nothing behind."""

from __future__ import annotations

import copy
import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import (
    GuidedBackprop,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn
from torch.nn import functional as F
from torchcam.methods import GradCAM, LayerCAM, ScoreCAM

from core import compute, hooks, limits
from core.architectures.graph import differentiable
from core.architectures.loading import Backbone
from core.errors import UserError
from core.visualization.activations.activation_capture import capture
from core.visualization.attribution import base as evidence_module
from core.visualization.attribution.base import AttributionRequest, answer, has_extent, last_map_layer
from core.visualization.attribution.baselines import baseline, blurred
from core.visualization.attribution.class_scores import other_activations, rectifiers
from core.visualization.attribution.insertion_deletion import enlarge_map
from core.visualization.attribution.methods import DEFAULT, METHODS, attribute, explain
from core.visualization.attribution.occlusion import OcclusionPatch, cover, patch_and_stride, places
from tests.core.conftest import MakeBackbone
from tests.core.pathological import batch

TORCHCAM = {"grad_cam": GradCAM, "layer_cam": LayerCAM}
SHORT = {"noise_samples": 3, "path_steps": 3, "patch": 50, "patch_stride": 100, "noise_seed": 4}
TRICKY = {  # what breaks elsewhere, each with an early layer: functional, in place, concatenated, with squeeze-excite
    "inception_v3": "Conv2d_1a_3x3.relu",
    "densenet121": "features.denseblock1.denselayer2.norm1",
    "squeezenet1_1": "features.3.expand3x3_activation",
    "mobilenet_v2": "features.0.2",
    "mobilenet_v3_small": "features.1.block.1.mul",
}
TINY = {
    "tiny_vgg": "stage1.conv1.relu",
    "tiny_resnet": "stage1.block1.relu",
    "tiny_inception": "stage1.inception1.branch5x5.reduce.relu",
    "tiny_squeezenet": "stage1.fire2.squeeze.relu",
    "tiny_mobilenet": "stem.conv.relu6",
}
SIDES = {"inception_v3": 75}


def make_scene(backbone: Backbone, layer: str, *targets: int, seed: int = 0, **options: Any) -> AttributionRequest:
    pixels = batch(backbone.preprocessing.crop, seed).numpy()
    return AttributionRequest(backbone=backbone, batch=pixels, targets=targets or (3,), layer=layer, **options)


def own_copy(backbone: Backbone) -> nn.Module:
    """Return a copy of the network that overwrites nothing, as the libraries' hooks would see it overwritten."""
    own = copy.deepcopy(backbone.model)
    for module in own.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    return own


def leaf(request: AttributionRequest) -> Tensor:
    return request.pixels.requires_grad_()


def assert_same(found: np.ndarray[Any, Any], expected: Tensor | np.ndarray[Any, Any], rtol: float = 1e-3) -> None:
    """Check that two maps are equal but for rounding, and that they say anything."""
    expected = np.asarray(expected.detach() if isinstance(expected, Tensor) else expected)
    assert np.ptp(expected) > 0
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=np.abs(expected).max() * rtol / 5)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9999


# --- class activation maps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "layer", "module"),
    [
        ("tiny_resnet", "stage4.block2.relu", "stage4.block2"),
        ("tiny_resnet", "stage2.block1.conv1.norm", "stage2.block1.conv1.norm"),
        ("resnet18", "layer4.1.relu_1", "layer4"),
        ("inception_v3", "Mixed_5b.cat", "Mixed_5b"),
        ("mobilenet_v2", "features.18.2", "features.18"),
        ("squeezenet1_1", "features.12.cat", "features"),
    ],
)
def test_class_activation_maps_are_those_of_torchcam_and_captum(
    make_backbone: MakeBackbone, name: str, layer: str, module: str
) -> None:
    backbone = make_backbone(name, SIDES.get(name, 64))
    own = own_copy(backbone)
    if name == "squeezenet1_1":
        own.classifier[2] = nn.Identity()  # the logits can be zero behind it
    request = make_scene(backbone, layer, *_spoken_for(backbone, layer))
    for method in TORCHCAM:
        found = attribute(request, method)
        for target in request.targets:
            with TORCHCAM[method](own, module) as extractor:
                (expected,) = extractor(target, own(leaf(request)), normalized=False)
            assert_same(found.of(target), expected[0])
    found, target = attribute(request, "grad_cam"), request.targets[1]
    captums = LayerGradCam(own, own.get_submodule(module)).attribute(leaf(request), target, relu_attributions=True)
    assert_same(found.of(target), captums[0, 0])
    enlarged = LayerAttribution.interpolate(captums, request.side, "bilinear")
    assert_same(enlarge_map(found.of(target), request.side), enlarged[0, 0], rtol=1e-2)


def _spoken_for(backbone: Backbone, layer: str) -> tuple[int, int]:
    """Return two classes for which something in the picture speaks; of random networks some have none."""
    found = attribute(make_scene(backbone, layer, *range(12)), "grad_cam")
    first, second = [target for target in found.targets if found.has_positive(target)][:2]
    return first, second


@pytest.mark.parametrize(
    ("name", "layer", "module"),
    [
        ("tiny_resnet", "stage1.block1.conv1.norm", "stage1.block1.conv1.norm"),
        ("tiny_squeezenet", "stage1.fire3.squeeze.relu", "stage1.fire3.squeeze.relu"),
    ],
)
def test_score_cam_is_that_of_torchcam(make_backbone: MakeBackbone, name: str, layer: str, module: str) -> None:
    backbone = make_backbone(name)
    with torch.no_grad():  # a dead channel: its mask is empty
        part = backbone.model.get_submodule(module.replace("relu", "norm"))
        part.weight[2], part.bias[2] = 0, -1
    request = make_scene(backbone, layer, 3, 8)
    found = attribute(request, "score_cam")
    for target in request.targets:
        with ScoreCAM(own_copy(backbone), module) as extractor, torch.no_grad():
            extractor.model(request.pixels)
            (expected,) = extractor(target, normalized=False)
        assert_same(found.of(target), expected[0])


def test_captured_activations_save_the_pass_and_change_no_more_than_rounding(
    make_backbone: MakeBackbone, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = make_backbone("tiny_mobilenet")
    activations = capture(backbone, picture)
    from core.images.preprocessing import fit_to_input, to_array

    pixels = to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing)
    given = {"backbone": backbone, "batch": pixels, "targets": (5,), "layer": "stage3.block1.depthwise.norm"}
    alone = attribute(AttributionRequest(**given), DEFAULT)
    for passing in (
        "core.architectures.graph.capture.LayerGraph.run",
        "core.architectures.graph.fused.FusedModel.outputs",
    ):
        monkeypatch.setattr(passing, None)
    monkeypatch.setattr(type(backbone.model), "forward", None)
    assert_same(attribute(AttributionRequest(**given, activations=activations), DEFAULT).of(5), alone.of(5))


@pytest.mark.parametrize("layer", ["stage4.block2.relu", "stage2.block1.conv1.norm"])
def test_grad_cam_plus_plus_is_the_formula_of_its_paper(make_backbone: MakeBackbone, layer: str) -> None:
    """Chattopadhay et al. 2018, equations 19 and 5, cell by cell: torchcam's of 0.5 is another."""
    backbone = make_backbone("tiny_resnet")
    request = make_scene(backbone, layer, *_spoken_for(backbone, layer))
    own, seen = own_copy(backbone), []
    module = layer.removesuffix(".relu")
    handle = own.get_submodule(module).register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    score = own(leaf(request))[0, request.targets[0]]
    maps = seen[0][0].detach().double().numpy()
    gradient = torch.autograd.grad(score, seen[0])[0][0].double().numpy()
    handle.remove()
    expected = np.zeros(maps.shape[1:])
    for one, slope in zip(maps, gradient, strict=True):
        second, third = slope**2, slope**3
        below = 2 * second + one.sum() * third
        alpha = np.divide(second, below, out=np.zeros_like(second), where=below != 0)
        expected += (alpha * np.maximum(slope, 0)).sum() * one
    assert_same(attribute(request, "grad_cam_plus_plus").of(request.targets[0]), np.maximum(expected, 0))


# --- gradients of the picture -----------------------------------------------------------------------------------------

PIXELS = ["tiny_vgg", "inception_v3"]


@pytest.mark.parametrize("name", PIXELS)
def test_saliency_is_that_of_captum(make_backbone: MakeBackbone, name: str) -> None:
    request = make_scene(make_backbone(name, SIDES.get(name, 64)), _early(name), 3, 8)
    found = attribute(request, "saliency")
    for target in request.targets:
        expected = Saliency(copy.deepcopy(request.backbone.model)).attribute(leaf(request), target)
        assert_same(found.of(target), expected[0].amax(0), rtol=2e-3)


def test_smooth_grad_is_captums_noise_tunnel_with_the_same_noise(make_backbone: MakeBackbone) -> None:
    request = make_scene(make_backbone("tiny_resnet"), "stem.relu")
    settings = {"noise_samples": request.at_once // 3, "noise_level": 0.1, "noise_seed": 7}
    deviation = 0.1 * float(np.ptp(request.batch))
    tunnel = NoiseTunnel(Saliency(copy.deepcopy(request.backbone.model)))
    with torch.random.fork_rng():
        torch.manual_seed(7)
        options = {"nt_samples": settings["noise_samples"], "stdevs": deviation, "abs": False}
        expected = tunnel.attribute(leaf(request), target=3, **options)
    assert_same(attribute(request, "smooth_grad", settings).of(3), expected[0].abs().amax(0), rtol=2e-3)


def test_smooth_grad_depends_on_its_seed_alone(make_backbone: MakeBackbone) -> None:
    request = make_scene(make_backbone("tiny_resnet"), "stem.relu")
    maps = [attribute(request, "smooth_grad", SHORT | {"noise_seed": seed}).of(3) for seed in (4, 4, 5)]
    assert np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])
    still = attribute(request, "smooth_grad", SHORT | {"noise_level": 0.0}).of(3)
    assert_same(still, attribute(request, "saliency").of(3))


@pytest.mark.parametrize(("start", "most"), [("black", 9), ("blurred", 1)])
def test_integrated_gradients_are_those_of_captum_however_they_are_divided(
    make_backbone: MakeBackbone, monkeypatch: pytest.MonkeyPatch, start: str, most: int
) -> None:
    """In double precision, as a unit near zero may otherwise be on here and off there."""
    backbone = make_backbone("tiny_vgg")
    backbone.model.double()
    monkeypatch.setattr(evidence_module, "MOST_AT_ONCE", most)
    pixels = batch(64).double()
    request = AttributionRequest(backbone=backbone, batch=pixels.numpy(), targets=(3, 8), layer=_early("tiny_vgg"))
    begin = baseline(start, pixels, backbone.preprocessing)
    found = attribute(request, "integrated_gradients", {"path_steps": 5, "path_start": start})
    reference = IntegratedGradients(copy.deepcopy(backbone.model))
    expected = reference.attribute(pixels, begin, 3, n_steps=5, method="riemann_middle")
    assert_same(found.of(3), expected[0].sum(0))


def test_integrated_gradients_add_up_to_what_the_logit_has_gained(make_backbone: MakeBackbone) -> None:
    request = make_scene(make_backbone("tiny_squeezenet"), "head.conv10")
    found = attribute(request, "integrated_gradients", {"path_steps": 20, "path_start": "grey"})
    with torch.no_grad():
        gained = request.backbone.model(request.pixels) - request.backbone.model(torch.zeros_like(request.pixels))
    assert found.of(3).sum() == pytest.approx(float(gained[0, 3]), rel=0.05, abs=0.05)


class Guided(torch.autograd.Function):
    """A rectifier as Springenberg et al. describe it: back goes what is positive, where the input was."""

    @staticmethod
    def forward(context: Any, value: Tensor, limit: float) -> Tensor:
        context.save_for_backward((value > 0) & (value < limit))
        return value.clamp(0, limit)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (passes,) = context.saved_tensors
        return gradient * (gradient > 0) * passes, None


@pytest.mark.parametrize("name", [*PIXELS, "densenet121", "tiny_resnet", "mobilenet_v3_small"])
def test_guided_backpropagation_guides_every_rectifier(
    make_backbone: MakeBackbone, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Also those that are functions, work in place, or are used again."""
    request = make_scene(make_backbone(name, SIDES.get(name, 64)), _early(name))
    found = attribute(request, "guided_backpropagation").of(3)
    own, pixels = copy.deepcopy(request.backbone.model), leaf(request)
    monkeypatch.setattr(F, "relu", lambda value, inplace=False: Guided.apply(value, float("inf")))
    monkeypatch.setattr(nn.ReLU6, "forward", lambda _self, value: Guided.apply(value, 6.0))
    own(pixels)[0, 3].backward()
    assert pixels.grad is not None
    assert_same(found, pixels.grad[0].abs().amax(0), rtol=2e-3)


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_guided_backpropagation_is_that_of_captum_where_rectifiers_are_modules(make_backbone: MakeBackbone) -> None:
    request = make_scene(make_backbone("tiny_vgg"), _early("tiny_vgg"))
    expected = GuidedBackprop(own_copy(request.backbone)).attribute(leaf(request), 3)
    assert_same(attribute(request, "guided_backpropagation").of(3), expected[0].abs().amax(0), rtol=2e-3)


@pytest.mark.parametrize(
    ("name", "guided", "others"), [("tiny_vgg", 10, 0), ("efficientnet_b0", 0, 65), ("mobilenet_v3_small", 14, 28)]
)
def test_activation_functions_that_cannot_be_guided_are_counted(
    make_backbone: MakeBackbone, name: str, guided: int, others: int
) -> None:
    graph = make_backbone(name).graph
    assert (len(rectifiers(graph)), other_activations(graph)) == (guided, others)


# --- occlusion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patch", "stride", "cover_", "measure"),
    [(36, 55, "grey", "probability"), (31, 80, "black", "logit"), (47, 100, "blurred", "probability")],
)
def test_occlusion_is_that_of_captum(
    make_backbone: MakeBackbone, patch: int, stride: int, cover_: str, measure: str
) -> None:
    request = make_scene(make_backbone("tiny_resnet"), "stem.relu", 3, 8)
    settings = {"patch": patch, "patch_stride": stride, "cover": cover_, "measure": measure}
    side, step = patch_and_stride(settings, 64)
    filling = baseline(cover_, request.pixels, request.backbone.preprocessing)
    model = copy.deepcopy(request.backbone.model)

    def forward(pixels: Tensor) -> Tensor:
        logits: Tensor = model(pixels)
        return logits.softmax(1) if measure == "probability" else logits

    found = attribute(request, "occlusion", settings)
    for target in request.targets:
        expected = Occlusion(forward).attribute(
            request.pixels, (3, side, side), (3, step, step), filling, target, perturbations_per_eval=16
        )
        assert_same(found.of(target), expected[0, 0])


def test_a_sweep_reaches_every_pixel() -> None:
    for height, width, patch, stride in ((64, 64, 16, 5), (63, 40, 9, 9), (10, 10, 10, 3), (10, 10, 1, 1)):
        reached = np.zeros((height, width), bool)
        for square in places(height, width, patch, stride):
            assert 0 <= square.top < height
            assert 0 <= square.left < width
            reached[square.top : square.top + patch, square.left : square.left + patch] = True
        assert reached.all()


def test_one_square_covers_what_it_says(make_backbone: MakeBackbone) -> None:
    request = make_scene(make_backbone("tiny_resnet"), "stem.relu")
    settings = METHODS["occlusion"].values()
    pixels = request.pixels
    pixels[:, :, 10:30, 50:64] = 0
    with torch.no_grad():
        expected = request.backbone.model(pixels)[0]
    found = cover(request, settings, OcclusionPatch(10, 50, 20))
    np.testing.assert_allclose(found.logits, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.probabilities, expected.softmax(0), rtol=1e-4, atol=1e-7)
    nothing = cover(request, settings, OcclusionPatch(0, 0, 0))
    np.testing.assert_allclose(nothing.logits, answer(request, request.pixels)[0], rtol=1e-4, atol=1e-5)


def test_a_blurred_picture_is_a_gaussian_of_it() -> None:
    from scipy.ndimage import gaussian_filter

    pixels = batch(40)
    expected = gaussian_filter(
        pixels.numpy().astype(float), (0, 0, 5 / 224 * 40, 5 / 224 * 40), mode="mirror", radius=3
    )
    np.testing.assert_allclose(blurred(pixels), expected, atol=1e-5)


# --- what is said honestly --------------------------------------------------------------------------------------------


def test_no_positive_evidence_is_said(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_resnet")
    layer = "stage4.block2.relu"
    with torch.no_grad():
        head = backbone.model.get_submodule("head.linear")
        head.weight[3] = -1e-3 - head.weight[3].abs()  # everything speaks against it
        head.weight[8] = 0  # nothing says anything
        head.weight[9] = head.weight[9].abs()
    request = make_scene(backbone, layer, 3, 8, 9)
    for method in ("grad_cam", "grad_cam_plus_plus", "layer_cam"):
        found = attribute(request, method)
        assert [found.has_positive(target) for target in request.targets] == [False, False, True]
        assert not found.of(3).any()
    assert not attribute(request, "saliency").has_positive(8)


def test_the_range_is_shared_by_all_classes(make_backbone: MakeBackbone) -> None:
    request = make_scene(make_backbone("tiny_resnet"), "stage4.block2.relu", 3, 8)
    found = attribute(request, "grad_cam")
    assert found.range == (0.0, max(found.of(3).max(), found.of(8).max()))
    signed = attribute(request, "occlusion", SHORT)
    assert signed.maps is not None
    assert signed.range == (-np.abs(signed.maps).max(), np.abs(signed.maps).max())


def test_a_logit_that_is_rectified_to_zero_has_evidence_all_the_same(make_backbone: MakeBackbone) -> None:
    """SqueezeNet's logits pass a ReLU: what enters it is differentiated."""
    backbone = make_backbone("squeezenet1_1")
    with torch.no_grad():
        backbone.model.classifier[1].bias[:] = -50
    request = make_scene(backbone, "features.12.cat")
    assert float(answer(request, request.pixels)[0, 3]) == 0
    found = attribute(request, "grad_cam")
    assert found.has_positive(3)
    own = copy.deepcopy(backbone.model)
    own.classifier[2] = nn.Identity()
    with GradCAM(own, "features") as extractor:
        (expected,) = extractor(3, own(leaf(request)), normalized=False)
    assert_same(found.of(3), expected[0])
    assert attribute(make_scene(backbone, "classifier.1"), "grad_cam").maps is not None
    gradient = torch.autograd.grad(own(pixels := leaf(request))[0, 3], pixels)[0]
    assert_same(attribute(request, "saliency").of(3), gradient[0].abs().amax(0), rtol=2e-3)


def test_channels_last_are_channels(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("convnext_tiny")
    layer = next(layer for layer in backbone.graph.layers if layer.channel_axis == 3 and layer.kind == "Linear")
    maps = attribute(make_scene(backbone, layer.name), "grad_cam").maps
    assert maps is not None
    assert maps.shape == (1, 16, 16)


def test_every_method_is_described_and_its_settings_are_its_own() -> None:
    settings = [setting.name for method in METHODS.values() for setting in method.settings]
    assert len(settings) == len(set(settings))
    for method in METHODS.values():
        assert re.fullmatch(r"[a-z_]+", method.name)
        assert method.title
        assert method.idea.endswith(".")
        assert re.search(r"\(\d{4}\)\. \w", method.paper)
        assert method.url.startswith("https://")
        assert method.values() == {setting.name: setting.default for setting in method.settings}
        assert method.values({"unknown": 1, **SHORT}).keys() == method.values().keys()


# --- every method on every network ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tricky(make_backbone: MakeBackbone) -> dict[str, tuple[Backbone, dict[str, Tensor]]]:
    """Return the networks, and copies of their weights as they were first."""
    made = {name: make_backbone(name, SIDES.get(name, 64)) for name in TRICKY}
    return {name: (backbone, copy.deepcopy(backbone.model.state_dict())) for name, backbone in made.items()}


Tricky = dict[str, tuple[Backbone, dict[str, Tensor]]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", TRICKY)
def test_every_method_works_on_every_network_and_leaves_it_as_it_was(tricky: Tricky, name: str, method: str) -> None:
    backbone, weights = tricky[name]
    layer = TRICKY[name]
    with untouched(backbone, weights):
        request = make_scene(backbone, layer)
        found = attribute(request, method, SHORT)
    assert found.is_complete
    assert found.maps is not None
    assert found.maps.dtype == np.float32
    assert np.isfinite(found.maps).all()
    assert not found.maps.flags.writeable
    of_pixels = METHODS[method].needs == "pixels"
    shape = request.side if of_pixels else _shape(request)
    assert found.maps.shape == (1, *shape)
    assert METHODS[method].signed or found.maps.min() >= 0


def _shape(request: AttributionRequest) -> tuple[int, ...]:
    from core.architectures.graph.capture import layer_output

    return tuple(layer_output(request.layer, request.kept, request.backbone.graph.recipes).shape[-2:])


@pytest.mark.parametrize("method", METHODS)
def test_steps_count_up_to_the_total(make_backbone: MakeBackbone, method: str) -> None:
    request = make_scene(make_backbone("tiny_vgg"), _early("tiny_vgg"), 1, 2)
    steps = list(explain(request, method, SHORT))
    assert [step.step for step in steps] == sorted({step.step for step in steps})
    assert {step.total_steps for step in steps} == {steps[-1].step}
    assert all(0 < (step.fraction or 0) <= 1 for step in steps)
    assert METHODS[method].passes(8, METHODS[method].values(SHORT)) >= 1


@pytest.mark.parametrize("method", METHODS)
def test_two_classes_together_are_each_alone(make_backbone: MakeBackbone, method: str) -> None:
    backbone, layer = make_backbone("tiny_vgg"), _early("tiny_vgg")
    both = attribute(make_scene(backbone, layer, 7, 2), method, SHORT)
    for target in (7, 2):
        np.testing.assert_allclose(
            both.of(target),
            attribute(make_scene(backbone, layer, target), method, SHORT).of(target),
            rtol=1e-5,
            atol=1e-7,
        )


@pytest.mark.parametrize(
    ("moment", "method"),
    [*itertools.product(("stopped", "failed"), METHODS)]
    + [("busy", name) for name in ("grad_cam", "score_cam", "saliency", "occlusion")],
)
def test_what_ends_early_leaves_nothing_behind(
    make_backbone: MakeBackbone, monkeypatch: pytest.MonkeyPatch, method: str, moment: str
) -> None:
    backbone = make_backbone("tiny_resnet")
    backbone.model.train().requires_grad_(True)
    request = make_scene(backbone, "stage1.block1.conv1.norm", 1, 2)
    assert request.kept
    with untouched(backbone):
        steps = explain(request, method, SHORT)
        if moment == "stopped":
            next(steps)
            assert_nobody_waits(backbone)
            steps.close()
            return
        if moment == "failed":
            part = backbone.model.get_submodule("stage4.block2.conv2.conv")
            monkeypatch.setattr(part, "forward", _fail)
        else:
            monkeypatch.setattr(compute, "_permits", threading.BoundedSemaphore(1))
            compute._permits.acquire()
            monkeypatch.setattr(compute.permit, "__wrapped__", None, raising=False)
            for module in ("cam", "gradients", "base"):
                monkeypatch.setattr(f"core.visualization.attribution.{module}.permit", lambda: compute.permit(0.01))
        with pytest.raises(RuntimeError if moment == "failed" else UserError):
            list(steps)
        monkeypatch.undo()
    assert torch.is_grad_enabled()


def _fail(*_: object) -> None:
    raise RuntimeError("in the middle")


def assert_nobody_waits(backbone: Backbone) -> None:
    """Check that between two steps neither the network nor a permit is held."""
    assert compute._permits._value == compute.CORES  # type: ignore[attr-defined]
    free = []
    thread = threading.Thread(target=lambda: free.append(hooks._lock_of(backbone.model).acquire(timeout=1)))
    thread.start()
    thread.join()
    assert free == [True]


@contextmanager
def untouched(backbone: Backbone, weights: dict[str, Tensor] | None = None) -> Iterator[None]:
    """Check that weights, flags and hooks are what they were, and that no gradient was left."""
    model = backbone.model
    before = weights or copy.deepcopy(model.state_dict())
    flags = [module.training for module in model.modules()]
    required = [parameter.requires_grad for parameter in model.parameters()]
    count = count_hooks(model) + count_hooks(backbone.graph.module)
    assert count == 0
    yield
    assert count == count_hooks(model) + count_hooks(backbone.graph.module)
    assert flags == [module.training for module in model.modules()]
    assert required == [parameter.requires_grad for parameter in model.parameters()]
    assert all(parameter.grad is None for parameter in model.parameters())
    after = model.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[key], after[key]) for key in before)


def count_hooks(model: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


# --- large ones: one stretch at a time --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["grad_cam", "saliency", "guided_backpropagation"])
@pytest.mark.parametrize("name", ["tiny_inception"])
def test_in_stretches_it_is_the_same(
    make_backbone: MakeBackbone, monkeypatch: pytest.MonkeyPatch, name: str, method: str
) -> None:
    request = make_scene(make_backbone(name), _early(name), 3, 8)
    whole = attribute(request, method)
    runs: list[int] = []
    bare = differentiable.SegmentRunner.run
    monkeypatch.setattr(
        differentiable.SegmentRunner,
        "run",
        lambda self, index, values: (runs.append(index), bare(self, index, values))[1],
    )
    monkeypatch.setattr(limits, "GRADIENT_BYTES", 1 << 18)
    assert whole.maps is not None
    np.testing.assert_allclose(attribute(request, method).maps, whole.maps, rtol=1e-5)
    assert len(set(runs)) > 2


def test_large_networks_are_explained_from_their_stretches(
    make_backbone: MakeBackbone, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.images.preprocessing import fit_to_input, to_array

    backbone = make_backbone("tiny_resnet")
    pixels = to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing)
    given = {"backbone": backbone, "batch": pixels, "targets": (5,), "layer": "stage2.block1.add"}
    expected = attribute(AttributionRequest(**given), DEFAULT)
    monkeypatch.setattr(limits, "CAPTURE_BYTES", 0)
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 1 << 18)
    monkeypatch.setattr(compute, "_permits", threading.BoundedSemaphore(1))  # asking for a second one would wait
    request = AttributionRequest(**given, activations=capture(backbone, picture))
    np.testing.assert_allclose(attribute(request, DEFAULT).maps, expected.maps, rtol=1e-4)


# --- what is refused, and where it looks ------------------------------------------------------------------------------


def test_what_there_is_not_is_refused(make_backbone: MakeBackbone, picture: Any) -> None:
    backbone = make_backbone("tiny_resnet")
    with pytest.raises(KeyError):
        make_scene(backbone, "no.such.layer")
    for targets in ((-1,), (69,), (0, 69)):
        with pytest.raises(IndexError):
            make_scene(backbone, "stem.relu", *targets)
    with pytest.raises(UserError, match="numbers, not maps"):
        make_scene(backbone, "head.linear", activations=capture(backbone, picture))
    with pytest.raises(UserError, match="grad_cam"):
        attribute(make_scene(backbone, "stem.relu"), "grad_cm")


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("tiny_vgg", "stage4.conv3.relu"),
        ("tiny_resnet", "stage4.block2.relu"),
        ("tiny_squeezenet", "stage4.fire9.add"),
        ("inception_v3", "Mixed_7c.cat_2"),
        ("squeezenet1_1", "features.12.cat"),
        ("densenet121", "relu"),
        ("mobilenet_v2", "features.18.2"),
    ],
)
def test_maps_are_best_taken_from_the_last_layer_that_has_any(
    make_backbone: MakeBackbone, picture: Any, name: str, layer: str
) -> None:
    """Those are the layers that the papers and the libraries name, as they are here called."""
    activations = capture(make_backbone(name, {"inception_v3": 107}.get(name, 64)), picture)
    found = last_map_layer(activations)
    assert found.name == layer
    assert has_extent(activations.shapes[layer])


def _early(name: str) -> str:
    return (TRICKY | TINY)[name]
