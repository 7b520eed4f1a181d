"""Pictures made by gradient ascent: each ingredient is what it says, the ascent climbs, and leaves nothing behind."""

from __future__ import annotations

import copy
import io
import pickle
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import torch
from PIL import Image
from torch import nn

from core.architectures.loading import Backbone, load
from core.compute import prepare
from core.visualization.feature_visualization import objectives
from core.visualization.feature_visualization.activation_maximisation import ascend
from core.visualization.feature_visualization.gradient_ascent import Ascent, total_variation, total_variation_gradient
from core.visualization.feature_visualization.history import History
from core.visualization.feature_visualization.ingredient_ablation import ascend_stepwise, ingredient_steps
from core.visualization.feature_visualization.objectives import (
    LOGITS,
    Channel,
    Channels,
    Direction,
    Diversity,
    Logit,
    Objective,
    Unit,
)
from core.visualization.feature_visualization.parametrisations import (
    COLOUR_MATRIX,
    frequencies_to_pixels,
    frequency_scale,
    mix_colours,
)
from core.visualization.feature_visualization.random_transforms import Robustness
from core.visualization.feature_visualization.records import Frame, Made, Maximisation
from core.visualization.feature_visualization.responses import answers, closest
from core.visualization.feature_visualization.script import write_feature_visualization_script
from core.visualization.feature_visualization.subnetwork import quickest_type, subnetwork
from core.visualization.feature_visualization.target_layer import target_layer_of
from tests.core.conftest import MakeBackbone

CHANNEL = Channel("stage2.block1.conv1.norm", 5)
SHORT = Maximisation(backbone="tiny_resnet", objective=CHANNEL, steps=8)
HARD = {
    "inception_v3": (75, ("Conv2d_2b_3x3.relu", "Mixed_5b.cat", "Mixed_6a.max_pool2d")),
    "squeezenet1_1": (64, ("features.3.cat", "classifier.2", "features.5")),
    "densenet121": (64, ("features.denseblock1.denselayer2.relu2", "relu", "features.pool0")),
    "mobilenet_v2": (64, ("features.2.conv.0.2", "features.3.add", "features.18.2")),
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    prepare()


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load("tiny_resnet", "embedded")


def run(backbone: Backbone, config: Maximisation) -> tuple[list[Frame], Made]:
    *frames, made = ascend(backbone, config)
    assert isinstance(made, Made)
    return frames, made


# --- Parametrisations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [8, 9, 64])
def test_frequencies_are_those_of_numpy(side: int) -> None:
    pixels = np.random.default_rng(0).normal(size=(2, 3, side, side))
    rows, columns = np.fft.fftfreq(side), np.fft.rfftfreq(side)
    scale = np.array([[1 / max(np.hypot(row, column), 1 / side) for column in columns] for row in rows])
    np.testing.assert_allclose(frequency_scale(side), scale, rtol=1e-5)
    spectrum = np.fft.rfft2(4 * pixels, norm="ortho") / scale
    parts = torch.tensor(np.stack([spectrum.real, spectrum.imag], axis=-1))
    np.testing.assert_allclose(frequencies_to_pixels(parts, side), pixels, atol=1e-5)


def test_colours_are_mixed_as_published() -> None:
    published = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])  # lucid's param/color.py
    matrix = published / np.linalg.norm(published, axis=0).max()
    np.testing.assert_allclose(COLOUR_MATRIX, matrix, rtol=1e-6)
    colours = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    mixed = np.stack([[matrix @ colours[n, :, y, x] for y in range(4) for x in range(5)] for n in range(2)])
    np.testing.assert_allclose(mix_colours(torch.tensor(colours)).flatten(2).movedim(1, 2), mixed, rtol=1e-5)


# --- Random changes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "robustness",
    [
        Robustness(jitter=0.2),
        Robustness(scale=0.4),
        Robustness(rotate=30),
        Robustness(pad=0.2),
        Robustness(jitter=0.1, scale=0.3, rotate=15, pad=0.1),
    ],
    ids=str,
)
def test_random_changes_are_one_affine_map(robustness: Robustness) -> None:
    side = 20
    pictures = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    changed = robustness.apply(pictures, torch.Generator().manual_seed(5)).numpy()
    maps = robustness.maps(2, torch.Generator().manual_seed(5)).numpy()
    for picture, map_, result in zip(pictures.numpy(), maps, changed, strict=True):
        turned = map_[::-1, [1, 0, 2]]  # rows first, as scipy has them
        middle = (side - 1) / 2
        offset = turned[:, 2] * side / 2 + middle - turned[:, :2] @ (middle, middle)
        for plane, seen in zip(picture, result, strict=True):
            expected = scipy.ndimage.affine_transform(plane, turned[:, :2], offset, order=1, mode="grid-constant")
            np.testing.assert_allclose(seen, expected, atol=1e-4)


def test_random_changes_keep_to_their_limits() -> None:
    maps = Robustness(jitter=0.1, scale=0.2, rotate=10).maps(2000, torch.Generator().manual_seed(0)).numpy()
    zoom = np.linalg.norm(maps[:, :, 0], axis=1)
    angle = np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert 1 / 1.2 <= zoom.min() < 0.84
    assert 1.24 < zoom.max() <= 1 / 0.8
    assert 9.9 < np.abs(angle).max() <= 10.001
    assert 0.19 < np.abs(maps[:, :, 2]).max() <= 0.2
    with pytest.raises(ValueError, match="too little"):
        Robustness(jitter=0.6)


# --- Objectives --------------------------------------------------------------------------------------------------


def test_objectives_are_their_formulas_and_compose() -> None:
    values = {"a": torch.randn(3, 4, 5, 6), LOGITS: torch.randn(3, 7, 1, 1)}
    maps, logits = values["a"].numpy(), values[LOGITS].numpy()
    channel, unit, logit = Channel("a", 2), Unit("a", 1, 4, 0), Logit(6)
    np.testing.assert_allclose(channel(values), maps[:, 2].mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(Channels("a", (3, 0, 2))(values)[1], maps[1, 0].mean(), rtol=1e-5)
    np.testing.assert_allclose(unit(values), maps[:, 1, 4, 0])
    np.testing.assert_allclose(logit(values), logits[:, 6, 0, 0])
    both = 2 * channel - unit + -logit
    np.testing.assert_allclose(both(values), 2 * channel(values) - unit(values) - logit(values), rtol=1e-5, atol=1e-6)
    assert both.layers == {"a", LOGITS}
    assert pickle.loads(pickle.dumps(both)) == both
    assert hash(both) == hash(2 * channel - unit + -logit)
    assert eval(repr(both), vars(objectives)) == both  # a program that a person downloads holds it like this


def test_a_direction_is_a_projection_times_a_cosine() -> None:
    maps, weights = np.random.default_rng(0).normal(size=(2, 4, 3, 3)), np.array([1.0, -2.0, 0.5, 3.0])
    expected = []
    for picture in maps:
        cells = picture.reshape(4, -1).T
        cosines = [cell @ weights / np.linalg.norm(cell) / np.linalg.norm(weights) for cell in cells]
        along = [cell @ weights / np.linalg.norm(weights) for cell in cells]
        expected.append(np.mean([far * max(near, 0.1) for far, near in zip(along, cosines, strict=True)]))
    found = Direction("a", tuple(weights))({"a": torch.tensor(maps)})
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    picture = maps[0].astype(np.float32)
    cosines = weights @ picture.reshape(4, -1) / np.linalg.norm(weights) / np.linalg.norm(picture, axis=0).ravel()
    assert closest(picture, weights.astype(np.float32)) == pytest.approx(cosines.max(), rel=1e-5)


def test_diversity_is_minus_the_mean_cosine_of_gram_matrices() -> None:
    maps = np.random.default_rng(1).normal(size=(3, 4, 5, 5))
    grams = [np.maximum(one, 0).reshape(4, -1) @ np.maximum(one, 0).reshape(4, -1).T for one in maps]
    cosines = [[(a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b) for b in grams] for a in grams]
    expected = [-(sum(row) - 1) / 2 for row in cosines]
    np.testing.assert_allclose(Diversity("a")({"a": torch.tensor(maps)}), expected, rtol=1e-5)


def test_total_variation_and_its_gradient() -> None:
    pictures = torch.rand(2, 3, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    pixels = pictures.numpy()
    across, down = np.abs(np.diff(pixels, axis=3)), np.abs(np.diff(pixels, axis=2))
    np.testing.assert_allclose(total_variation(pictures), across.sum((1, 2, 3)) + down.sum((1, 2, 3)))
    leaf = pictures.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total_variation(leaf).sum(), leaf)
    np.testing.assert_array_equal(total_variation_gradient(pictures), gradient)


# --- Excerpts ----------------------------------------------------------------------------------------------------


def hooked(model: nn.Module, module: str, pixels: torch.Tensor) -> torch.Tensor:
    own, found = copy.deepcopy(model), []
    own.get_submodule(module).register_forward_hook(lambda _module, _inputs, output: found.append(output.clone()))
    own(pixels)
    return found[0]


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("tiny_resnet", "stage3.block1.shortcut.norm"),
        ("tiny_mobilenet", "stage2.block1.depthwise.norm"),
        ("tiny_xception", "stage2.block1.chain.separable1.pointwise"),
        ("densenet121", "features.denseblock1.denselayer2.norm2"),
    ],
)
def test_an_excerpt_computes_what_the_network_does(make_backbone: MakeBackbone, name: str, layer: str) -> None:
    made = make_backbone(name)
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = subnetwork(made, [layer, LOGITS])(pixels)
    true = hooked(made.model, layer, pixels)
    torch.testing.assert_close(found[layer], true, rtol=1e-4, atol=1e-4 * float(true.abs().max()))
    torch.testing.assert_close(found[LOGITS][..., 0, 0], made.model(pixels), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["tiny_xception", "densenet121", "mobilenet_v2", "convnext_tiny"])
def test_the_quickest_numbers_lead_the_same_way(make_backbone: MakeBackbone, name: str) -> None:
    made, gradients = make_backbone(name), []
    for number_type in (torch.float32, torch.bfloat16):
        pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
        score = Logit(5)(subnetwork(made, [LOGITS], number_type)(pixels)).sum()
        gradients.append(torch.autograd.grad(score, pixels)[0].flatten().double())
    one, other = (gradient / gradient.norm() for gradient in gradients)
    assert float(one @ other) > 0.7
    assert quickest_type() in {torch.float32, torch.bfloat16}


def test_dead_channels_have_a_gradient(backbone: Backbone) -> None:
    dead = replace(backbone, model=copy.deepcopy(backbone.model))
    norm = dead.model.get_submodule("stage2.block1.conv1.norm")
    assert isinstance(norm, nn.BatchNorm2d)
    with torch.no_grad():
        norm.bias[3] = -100
    pixels = torch.zeros(1, 3, 64, 64, requires_grad=True)
    relu = "stage2.block1.conv1.relu"
    assert not hooked(dead.model, relu, pixels.detach())[:, 3].any()
    score = Channel(relu, 3)(subnetwork(dead, [relu])(pixels)).sum()
    assert torch.autograd.grad(score, pixels)[0].any()


def test_logits_behind_a_relu_have_a_gradient(make_backbone: MakeBackbone) -> None:
    squeezenet = make_backbone("squeezenet1_1")
    last = squeezenet.model.get_submodule("classifier.1")
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    last.bias.fill_(-1e4)
    pixels = torch.randn(1, 3, 64, 64, requires_grad=True)
    assert not squeezenet.model(pixels).any()
    values = subnetwork(squeezenet, [LOGITS])(pixels)
    assert torch.autograd.grad(Logit(7)(values).sum(), pixels)[0].any()


def test_channels_are_measured_before_their_activation(backbone: Backbone) -> None:
    graph = backbone.graph
    layers = {layer.name: layer for layer in graph.layers}
    for part in ("conv", "norm", "relu"):
        assert target_layer_of(graph, layers[f"stage2.block1.conv1.{part}"]) == "stage2.block1.conv1.norm"
    assert target_layer_of(graph, layers["stage2.block1.conv2.conv"]) == "stage2.block1.conv2.norm"
    assert target_layer_of(graph, layers["stage2.block1.relu"]) == "stage2.block1.add"


# --- The ascent --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "objective",
    [
        CHANNEL,
        -CHANNEL,
        Unit("stage3.block2.add", 9, 8, 3),
        Logit(4),
        Direction("stage2.block2.add", tuple(np.linspace(-1, 1, 48))),
        Logit(4) - Logit(5),
    ],
    ids=lambda objective: type(objective).__name__,
)
def test_scores_rise(backbone: Backbone, objective: Objective) -> None:
    frames, made = run(backbone, replace(SHORT, objective=objective, rate=0.2))
    assert made.best[0] > frames[0].scores[0]
    assert made.best[0] == max(frame.scores[0] for frame in frames)
    assert [frame.step for frame in frames] == list(range(9))
    assert made.step == made.total_steps == 8


@pytest.mark.parametrize("parametrisation", ["pixel", "fourier"])
def test_the_seed_decides_everything(backbone: Backbone, parametrisation: str) -> None:
    config = replace(SHORT, parametrisation=parametrisation, steps=3)
    state = torch.random.get_rng_state()
    first, again, other = (run(backbone, replace(config, seed=seed))[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert first.best == again.best
    assert (first.pixels != other.pixels).any()
    assert torch.equal(state, torch.random.get_rng_state())


def test_what_is_told_of_the_end_is_so(backbone: Backbone) -> None:
    frames, made = run(backbone, replace(SHORT, objective=Logit(21), pictures=2, diversity=1.0))
    for index, (step, pixels) in enumerate(zip(made.best_steps, made.pixels, strict=True)):
        assert made.best[index] == max(frame.scores[index] for frame in frames) == frames[step].scores[index]
        wanted = backbone.preprocessing
        values = (pixels.astype(np.float32) / 255 - wanted.mean) / wanted.std
        batch = torch.tensor(values.transpose(2, 0, 1)[None], dtype=torch.float32)
        logits = backbone.model(batch)[0].numpy()
        np.testing.assert_allclose(made.logits[index], logits, atol=1e-3)
        assert made.best[index] == pytest.approx(logits[21], abs=1e-3)
        (answer, *_rest) = answers(backbone, pixels[None], "stage4.block2.relu")
        np.testing.assert_allclose(answer.logits, logits, atol=1e-3)
        np.testing.assert_allclose(answer.maps, hooked(backbone.model, "stage4.block2", batch)[0], atol=1e-3)


def test_diversity_tells_pictures_apart(backbone: Backbone) -> None:
    config = replace(SHORT, objective=Channel("stage3.block1.add", 3), pictures=3, steps=16, rate=0.2)
    looked = subnetwork(backbone, ["stage3.block1.add"])
    mean, std = (
        torch.tensor(value)[:, None, None] for value in (backbone.preprocessing.mean, backbone.preprocessing.std)
    )

    def unlike(diversity: float) -> float:
        made = run(backbone, replace(config, diversity=diversity))[1]
        batch = torch.tensor(made.pixels).permute(0, 3, 1, 2) / 255
        return float(Diversity("stage3.block1.add")(looked((batch - mean) / std)).mean())

    assert unlike(5.0) > unlike(0.0)


def test_decay_and_total_variation_calm_a_picture(backbone: Backbone) -> None:
    config = replace(SHORT, parametrisation="pixel", decorrelated=False, total_variation=0.0, robustness=Robustness())
    plain, calm, smooth = (
        torch.tensor(run(backbone, one)[1].pixels / 255).permute(0, 3, 1, 2)
        for one in (config, replace(config, decay=5.0), replace(config, total_variation=0.5))
    )
    assert (calm - 0.5).abs().mean() < (plain - 0.5).abs().mean()
    assert total_variation(smooth) < total_variation(plain)


@pytest.mark.parametrize("name", HARD)
def test_hard_networks_are_climbed_and_left_as_they_were(make_backbone: MakeBackbone, name: str) -> None:
    side, layers = HARD[name]
    made = make_backbone(name, side)
    before = {key: value.clone() for key, value in made.model.state_dict().items()}
    strides = [tensor.stride() for tensor in made.model.parameters()]
    known = {layer.name: layer for layer in made.graph.layers}
    flags = [module.training for module in made.model.modules()]
    for objective in (Logit(3), *(Channel(target_layer_of(made.graph, known[one]), 1) for one in layers)):
        ascent = Ascent(made, Maximisation(backbone=name, weights="untrained", objective=objective, steps=1))
        first = ascent.frame()
        ascent.climb()
        assert np.isfinite(ascent.frame().scores).all()
        assert ascent.frame().scores != first.scores
    assert all(torch.equal(value, before[key]) for key, value in made.model.state_dict().items())
    assert [tensor.stride() for tensor in made.model.parameters()] == strides
    assert [module.training for module in made.model.modules()] == flags
    assert not any(chain(*((*m._forward_hooks, *m._backward_hooks) for m in made.model.modules())))
    assert not any(parameter.requires_grad for parameter in made.model.parameters())


# --- The ladder, what is taken along, and what is refused --------------------------------------------------------


def test_each_rung_adds_one_ingredient(backbone: Backbone) -> None:
    config = replace(SHORT, decay=0.1, steps=2)
    steps = ingredient_steps(config)
    assert steps[-1].config == config
    assert len({each.config for each in steps}) == len(steps)
    *frames, made = ascend_stepwise(backbone, config)
    assert isinstance(made, Made)
    assert len(made.pixels) == len(made.best) == len(frames[0].pictures) == len(steps)
    alone = run(backbone, steps[2].config)[1]
    np.testing.assert_array_equal(made.pixels[2], alone.pixels[0])


@pytest.mark.parametrize("ladder", [False, True])
def test_the_program_makes_the_same(
    backbone: Backbone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ladder: bool,
) -> None:
    config = replace(SHORT, objective=-CHANNEL if ladder else Logit(21), steps=2)
    monkeypatch.chdir(tmp_path)
    exec(compile(write_feature_visualization_script(config, ladder), "made.py", "exec"), {"__name__": "__main__"})
    frames = list((ascend_stepwise if ladder else ascend)(backbone, config))
    history = History().add(frames)
    assert history.made is not None
    assert (tmp_path / "made.csv").read_bytes() == history.to_csv()
    pixels = np.asarray(Image.open(tmp_path / "made.png"))
    np.testing.assert_array_equal(pixels[:, :64], history.made.pixels[0])
    assert f"best {history.made.best[0]:.3f} at step" in capsys.readouterr().out
    with np.load(io.BytesIO(history.to_npz())) as arrays:
        np.testing.assert_array_equal(arrays["pixels"], history.made.pixels)
        assert arrays["scores"].shape == (3, len(history.made.pixels))


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"pictures": 0}, {"rate": 0.0}, {"decay": -1.0}, {"parametrisation": "oil"}], ids=str
)
def test_a_configuration_that_makes_no_picture_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no picture|no parametrisation"):
        replace(SHORT, **wrong)
