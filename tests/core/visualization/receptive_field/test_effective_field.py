"""The effective receptive field is the gradient, whatever the layer, and leaves nothing behind."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import limits
from core.architectures.loading import Backbone, skeleton
from core.architectures.receptive_field.fields import receptive_fields
from core.architectures.zoo.backbones import BACKBONES
from core.compute import prepare
from core.errors import UserError
from core.visualization.receptive_field import effective
from core.visualization.receptive_field.effective import effective_receptive_field
from tests.core.conftest import MakeBackbone
from tests.core.pathological import batch
from tests.core.probing import positive

TINY = tuple(name for name, entry in BACKBONES.items() if entry.source == "convscope")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    prepare()


def plain_gradient(model: nn.Module, module: str, pixels: Tensor, channel: int | None, row: int, column: int) -> Tensor:
    """Return the same on a copy of the model, by a hook on a module and `backward`."""
    own, found = copy.deepcopy(model).eval(), []
    own.get_submodule(module).register_forward_hook(lambda _module, _inputs, output: found.append(output.clone()))
    leaf = pixels.clone().requires_grad_()
    own(leaf)
    maps = found[0][0] if found[0].dim() == 4 else found[0][0, :, None, None]
    (maps[:, row, column].sum() if channel is None else maps[channel, row, column]).backward()
    assert leaf.grad is not None
    return leaf.grad[0].abs().sum(0)


@pytest.mark.parametrize("channel", [None, 3])
@pytest.mark.parametrize(
    ("name", "layer", "row", "column"),
    [
        ("tiny_resnet", "stem.conv", 5, 60),
        ("tiny_resnet", "stage1.block1.conv2.norm", 16, 9),
        ("tiny_resnet", "stage4.block2.conv2.conv", 4, 4),
        ("tiny_resnet", "head.pool", 0, 0),
        ("tiny_vgg", "head.linear", 0, 0),
        ("tiny_inception", "stage2.inception1.branch_pool.pool", 7, 7),
        ("tiny_squeezenet", "stage3.fire6.expand3x3.relu", 0, 15),
        ("tiny_xception", "stage3.block2.chain.separable1.depthwise", 15, 0),
        ("tiny_mobilenet", "stage2.block1.depthwise.relu6", 6, 9),
        ("shufflenet_v2_x0_5", "stage3.0.branch2.0", 3, 3),
        ("densenet121", "features.denseblock2.denselayer2.conv2", 3, 4),
        ("mobilenet_v3_small", "features.4.block.2.fc2", 0, 0),
    ],
)
def test_it_is_the_gradient_of_the_untouched_network(
    make_backbone: MakeBackbone, name: str, layer: str, row: int, column: int, channel: int | None
) -> None:
    backbone = make_backbone(name)
    pixels = batch(64)
    found = effective_receptive_field(backbone, pixels, layer, channel, row, column)
    expected = plain_gradient(backbone.model, layer, pixels, channel, row, column).numpy()
    assert found.shape == (64, 64)
    assert found.dtype == np.float32
    assert not found.flags.writeable
    assert channel is not None or found.any()  # a single unit may be off
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=expected.max() * 1e-6)


@pytest.mark.parametrize("name", TINY)
def test_every_layer_has_one_functional_ones_included(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    for layer in backbone.graph.layers[::6]:
        found = effective_receptive_field(backbone, batch(64), layer.name, None, 0, 0)
        assert np.isfinite(found).all()


def test_functional_sums_are_the_sum_of_what_is_added(make_backbone: MakeBackbone) -> None:
    """Checked on `add` in a residual block, which no hook reaches, by differences."""
    backbone = make_backbone("tiny_resnet")
    backbone.model.double()
    pixels = batch(64).double()
    found = effective_receptive_field(backbone, pixels, "stage2.block2.add", 2, 8, 8)
    (place,) = np.argwhere(found == found.max())
    total = 0.0
    for channel in range(3):
        ends = []
        for step in (1e-6, -1e-6):
            moved = pixels.clone()
            moved[0, channel, place[0], place[1]] += step
            with torch.no_grad():
                kept = backbone.graph.run(moved)[1]
            ends.append(float(kept["stage2.block2.add"][0, 2, 8, 8]))
        total += abs(ends[0] - ends[1]) / 2e-6
    assert found[tuple(place)] == pytest.approx(total, rel=1e-4)


def test_channels_last_are_channels(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("convnext_tiny")
    layer = next(layer for layer in backbone.graph.layers if layer.channel_axis == 3 and layer.kind == "Linear")
    found = effective_receptive_field(backbone, batch(64), layer.name, 200, 15, 3)
    rows, columns = found.nonzero()
    assert (rows.max(), columns.min()) == (63, 0)
    assert rows.min() > 32
    assert columns.max() < 32


def test_a_unit_that_is_off_is_moved_by_nothing(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_resnet")
    name = "stem.relu"
    with torch.no_grad():
        bias = backbone.model.get_submodule("stem.norm").bias
        assert isinstance(bias, nn.Parameter)
        bias[0] = -1e3
    assert not effective_receptive_field(backbone, batch(64), name, 0, 5, 5).any()


@pytest.mark.parametrize("name", TINY)
def test_it_lies_within_the_theoretical_field(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    fields = receptive_fields(backbone)
    for layer in backbone.graph.layers[3::9]:
        field = fields[layer.name]
        assert field is not None
        row, column = field.cells[0] // 3, field.cells[1] - 1
        found = effective_receptive_field(backbone, batch(64), layer.name, None, row, column)
        box = field.clipped(row, column)
        assert box is not None
        assert found.any()
        found = found.copy()
        found[box.top : box.bottom, box.left : box.right] = 0
        assert not found.any()


def test_it_is_concentrated_in_the_middle_of_the_theoretical_field(make_backbone: MakeBackbone) -> None:
    """With averaging weights it comes near a Gaussian, far narrower than the field (Luo et al. 2016, theorem 1)."""
    model = positive(skeleton(BACKBONES["tiny_resnet"]).to_empty(device="cpu")).float()
    backbone = make_backbone("tiny_resnet", side=128, model=model)
    layer = "stage4.block2.relu"
    field = receptive_fields(backbone)[layer]
    box = field and field.clipped(8, 8)
    assert box is not None
    assert (box.height, box.width) == (109, 109)
    found = effective_receptive_field(backbone, batch(128).abs(), layer, None, 8, 8)
    quarter = 109 // 4
    middle = found[box.top + quarter : box.bottom - quarter, box.left + quarter : box.right - quarter]
    assert found.sum() == pytest.approx(found[box.top : box.bottom, box.left : box.right].sum())
    assert middle.sum() > 0.9 * found.sum()


# --- large ones: one stretch at a time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("tiny_resnet", "stage4.block2.relu"),
        ("tiny_inception", "stage3.inception1.cat"),
        ("shufflenet_v2_x0_5", "conv5.2"),
        ("efficientnet_b0", "features.8.2"),
    ],
)
def test_in_stretches_it_is_the_same_bit_for_bit(
    make_backbone: MakeBackbone, monkeypatch: pytest.MonkeyPatch, name: str, layer: str
) -> None:
    backbone = make_backbone(name)
    whole = effective_receptive_field(backbone, batch(64), layer, None, 1, 1)
    runs = count_runs(monkeypatch)
    for most in (0, 1 << 18):
        monkeypatch.setattr(limits, "GRADIENT_BYTES", most)
        runs.clear()
        assert np.array_equal(effective_receptive_field(backbone, batch(64), layer, None, 1, 1), whole)
        assert len(set(runs)) > 2
        assert len(set(runs)) < len(runs)  # again for the gradient


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by where a stretch begins whenever one is run."""
    from core.architectures.graph import differentiable

    runs: list[int] = []
    bare = differentiable.SegmentRunner.run
    monkeypatch.setattr(
        differentiable.SegmentRunner,
        "run",
        lambda self, index, values: (runs.append(index), bare(self, index, values))[1],
    )
    return runs


# --- what is refused, and what is left behind -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "channel", "row", "column", "error"),
    [
        ("no.such.layer", 0, 0, 0, KeyError),
        ("stem.conv", 10_000, 0, 0, IndexError),
        ("stem.conv", -1, 0, 0, IndexError),
        ("stem.conv", 0, 64, 0, IndexError),
        ("stem.conv", None, 0, -1, IndexError),
        ("head.linear", 0, 0, 1, IndexError),
    ],
)
def test_what_there_is_not_is_refused_and_nothing_is_left(
    backbone: Backbone, layer: str, channel: int | None, row: int, column: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        effective_receptive_field(backbone, batch(64), layer, channel, row, column)


def test_it_leaves_nothing_behind(backbone: Backbone) -> None:
    pixels = batch(64)
    given = pixels.clone()
    effective_receptive_field(backbone, pixels, "stage3.block1.add", None, 4, 4)
    assert torch.equal(pixels, given)
    assert not pixels.requires_grad


def test_a_failure_in_the_middle_leaves_nothing_behind(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(backbone.model.get_submodule("stage2.block1.conv2.conv"), "forward", fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        effective_receptive_field(backbone, batch(64), "stage4.block1.relu", None, 4, 4)


def test_a_busy_server_leaves_nothing_behind(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise UserError("The server is busy.")

    monkeypatch.setattr(effective, "permit", busy)
    with pytest.raises(UserError):
        effective_receptive_field(backbone, batch(64), "stem.conv", None, 4, 4)


@pytest.mark.parametrize("outside", [torch.no_grad, torch.inference_mode])
def test_it_works_where_gradients_are_switched_off(backbone: Backbone, outside: type) -> None:
    expected = effective_receptive_field(backbone, batch(64), "stage1.block1.relu", 1, 4, 4)
    with outside():
        found = effective_receptive_field(backbone, batch(64), "stage1.block1.relu", 1, 4, 4)
        assert not torch.is_grad_enabled()
    assert np.array_equal(found, expected)


@pytest.fixture(params=["frozen, eval", "trainable, training"])
def backbone(request: pytest.FixtureRequest, make_backbone: MakeBackbone) -> Iterator[Backbone]:
    """Yield a backbone and check afterwards that weights, flags and hooks are what they were, without gradients."""
    made = make_backbone("tiny_resnet")
    if request.param != "frozen, eval":
        made.model.train().requires_grad_(True)
        made.model.get_submodule("stage2").eval()
    before = copy.deepcopy(made.model.state_dict())
    flags = [module.training for module in made.model.modules()]
    required = [parameter.requires_grad for parameter in made.model.parameters()]
    yield made
    assert flags == [module.training for module in made.model.modules()]
    assert required == [parameter.requires_grad for parameter in made.model.parameters()]
    assert all(parameter.grad is None for parameter in made.model.parameters())
    assert all(torch.equal(before[key], value) for key, value in made.model.state_dict().items())
    for module in made.model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks
