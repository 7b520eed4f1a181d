"""The layers of a network: their names and kinds, stages, channels, and the activation function they belong to."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from core.architectures.graph.tracing import ROLES, Layer, trace
from core.architectures.loading import skeleton
from core.architectures.zoo.backbones import BACKBONES, Stage, families, of_family
from core.compute import prepare

SMALLEST = tuple(min(of_family(family), key=lambda entry: entry.parameters).name for family in families())
each_backbone = pytest.mark.parametrize("name", SMALLEST)


@cache
def layers_of(name: str) -> dict[str, Layer]:
    """Return the layers of a backbone by name; traced without weights."""
    prepare()
    entry = BACKBONES[name]
    return {layer.name: layer for layer in trace(skeleton(entry), entry.stages).layers.values()}


def pair(backbone: str, layer: str) -> tuple[str | None, str | None]:
    found = layers_of(backbone)[layer]
    return found.before, found.after


def describe(model: nn.Module, *stages: Stage) -> dict[str, Layer]:
    return {layer.name: layer for layer in trace(model, stages).layers.values()}


# --- stages ---------------------------------------------------------------------------------------------------------

Extent = tuple[str, str, str]
EXTENTS: dict[str, list[Extent]] = {  # label, first layer, last layer: read off the papers' figures and the sources
    "resnet18": [
        ("stem", "conv1", "maxpool"),
        ("stage 1", "layer1.0.conv1", "layer1.1.relu_1"),
        ("stage 2", "layer2.0.conv1", "layer2.1.relu_1"),
        ("stage 3", "layer3.0.conv1", "layer3.1.relu_1"),
        ("stage 4", "layer4.0.conv1", "layer4.1.relu_1"),
        ("head", "avgpool", "fc"),
    ],
    "vgg16": [
        ("block 1", "features.0", "features.4"),
        ("block 2", "features.5", "features.9"),
        ("block 3", "features.10", "features.16"),
        ("block 4", "features.17", "features.23"),
        ("block 5", "features.24", "features.30"),
        ("head", "avgpool", "classifier.6"),
    ],
    "inception_v3": [
        ("stem", "mul", "maxpool2"),
        ("35×35", "Mixed_5b.branch1x1.conv", "Mixed_5d.cat"),
        ("17×17", "Mixed_6a.branch3x3.conv", "Mixed_6e.cat"),
        ("8×8", "Mixed_7a.branch3x3_1.conv", "Mixed_7c.cat_2"),
        ("head", "avgpool", "fc"),
    ],
    "xception": [
        ("stem", "conv1", "act2"),
        ("entry flow", "block1.rep.0.conv1", "block3.add"),
        ("middle flow", "block4.rep.0", "block11.add"),
        ("exit flow", "block12.rep.0", "act4"),
        ("head", "global_pool.pool", "fc"),
    ],
    "squeezenet1_1": [
        ("stem", "features.0", "features.2"),
        ("stage 1", "features.3.squeeze", "features.5"),
        ("stage 2", "features.6.squeeze", "features.8"),
        ("stage 3", "features.9.squeeze", "features.12.cat"),
        ("head", "classifier.0", "classifier.3"),
    ],
    "mobilenet_v2": [
        ("stem", "features.0.0", "features.0.2"),
        ("stage 1", "features.1.conv.0.0", "features.1.conv.2"),
        ("stage 2", "features.2.conv.0.0", "features.3.add"),
        ("stage 3", "features.4.conv.0.0", "features.6.add"),
        ("stage 4", "features.7.conv.0.0", "features.13.add"),
        ("stage 5", "features.14.conv.0.0", "features.17.conv.3"),
        ("head", "features.18.0", "classifier.1"),
    ],
    "densenet121": [
        ("stem", "features.conv0", "features.pool0"),
        ("dense block 1", "features.denseblock1.denselayer1.cat", "features.transition1.pool"),
        ("dense block 2", "features.denseblock2.denselayer1.cat", "features.transition2.pool"),
        ("dense block 3", "features.denseblock3.denselayer1.cat", "features.transition3.pool"),
        ("dense block 4", "features.denseblock4.denselayer1.cat", "features.denseblock4.cat"),
        ("head", "features.norm5", "classifier"),
    ],
    "convnext_tiny": [
        ("stem", "features.0.0", "features.0.1.layer_norm"),
        ("stage 1", "features.1.0.block.0", "features.1.2.add"),
        ("stage 2", "features.2.0.layer_norm", "features.3.2.add"),
        ("stage 3", "features.4.0.layer_norm", "features.5.8.add"),
        ("stage 4", "features.6.0.layer_norm", "features.7.2.add"),
        ("head", "avgpool", "classifier.2"),
    ],
    "tiny_resnet": [
        ("stem", "stem.conv", "stem.relu"),
        ("stage 1", "stage1.block1.conv1.conv", "stage1.block2.relu"),
        ("stage 2", "stage2.block1.conv1.conv", "stage2.block2.relu"),
        ("stage 3", "stage3.block1.conv1.conv", "stage3.block2.relu"),
        ("stage 4", "stage4.block1.conv1.conv", "stage4.block2.relu"),
        ("head", "head.pool", "head.linear"),
    ],
}


@pytest.mark.parametrize("name", EXTENTS)
def test_each_layer_is_in_the_stage_of_the_paper(name: str) -> None:
    layers = list(layers_of(name).values())
    found = [(label, [layer.name for layer in stage]) for label, stage in groupby(layers, lambda layer: layer.stage)]
    assert [(label, names[0], names[-1]) for label, names in found] == EXTENTS[name]


@each_backbone
def test_each_stage_is_one_stretch_in_the_order_of_the_registry(name: str) -> None:
    runs = [label for label, _stage in groupby(layers_of(name).values(), lambda layer: layer.stage)]
    assert runs == [stage.label for stage in BACKBONES[name].stages]


@each_backbone
def test_a_stage_begins_where_the_registry_says(name: str) -> None:
    layers = list(layers_of(name).values())
    for stage in BACKBONES[name].stages[1:]:
        first = next(layer.name for layer in layers if layer.stage == stage.label)
        assert first == stage.start or first.startswith(stage.start + ".")


def test_layers_before_the_first_stage_belong_to_it_and_names_are_not_confused_by_their_beginnings() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), *(nn.Conv2d(4, 4, 1) for _ in range(11)))
    stages = (Stage(label="a", start="0"), Stage(label="b", start="1"), Stage(label="c", start="10"))
    found = describe(model, *stages)
    assert [layer.stage for layer in found.values()] == ["a", *"b" * 9, "c", "c"]
    late = describe(model, Stage(label="only", start="7"))
    assert {layer.stage for layer in late.values()} == {"only"}


def test_without_stages_labels_are_empty() -> None:
    assert [layer.stage for layer in describe(nn.Sequential(nn.ReLU(), nn.ReLU())).values()] == ["", ""]


# --- before and after the activation function ------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["conv1", "bn1", "relu"])
def test_convolution_normalisation_and_activation_share_one_pair(layer: str) -> None:
    assert pair("resnet18", layer) == ("bn1", "relu")


@pytest.mark.parametrize("layer", ["layer2.0.add", "layer2.0.relu_1"])
def test_a_sum_enters_the_activation_after_it(layer: str) -> None:
    assert pair("resnet18", layer) == ("layer2.0.add", "layer2.0.relu_1")


@pytest.mark.parametrize("layer", ["conv2", "bn2", "downsample.0", "downsample.1"])
def test_what_enters_a_sum_has_no_activation(layer: str) -> None:
    assert pair("resnet18", f"layer2.0.{layer}") == (None, None)


@pytest.mark.parametrize("layer", ["maxpool", "avgpool", "fc"])
def test_pools_and_logits_have_no_activation(layer: str) -> None:
    assert pair("resnet18", layer) == (None, None)


@pytest.mark.parametrize("layer", ["features.28", "features.29"])
def test_without_normalisation_the_convolution_itself_enters(layer: str) -> None:
    assert pair("vgg16", layer) == ("features.28", "features.29")


@pytest.mark.parametrize("layer", ["classifier.0", "classifier.1"])
def test_linear_layers_have_activations_too(layer: str) -> None:
    assert pair("vgg16", layer) == ("classifier.0", "classifier.1")


@pytest.mark.parametrize("layer", ["cat", "norm1", "relu1"])
def test_densenet_activates_before_it_convolves(layer: str) -> None:
    """norm → ReLU → convolution: the concatenation leads to the first pair, the first convolution to the second."""
    inner = "features.denseblock1.denselayer2"
    assert pair("densenet121", f"{inner}.{layer}") == (f"{inner}.norm1", f"{inner}.relu1")
    for second in ("conv1", "norm2", "relu2"):
        assert pair("densenet121", f"{inner}.{second}") == (f"{inner}.norm2", f"{inner}.relu2")
    assert pair("densenet121", f"{inner}.conv2") == (None, None)


def test_densenets_last_activation_is_a_function() -> None:
    for layer in ("features.denseblock4.cat", "features.norm5", "relu"):
        assert pair("densenet121", layer) == ("features.norm5", "relu")


@pytest.mark.parametrize("layer", ["features.2.conv.2", "features.2.conv.3", "features.3.conv.3", "features.3.add"])
def test_mobilenets_bottleneck_is_linear(layer: str) -> None:
    assert pair("mobilenet_v2", layer) == (None, None)


@pytest.mark.parametrize("layer", ["features.2.conv.1.0", "features.2.conv.1.1", "features.2.conv.1.2"])
def test_mobilenets_depthwise_convolution_is_not(layer: str) -> None:
    assert pair("mobilenet_v2", layer) == ("features.2.conv.1.1", "features.2.conv.1.2")


@pytest.mark.parametrize("inner", ["fc2", "scale_activation"])
@pytest.mark.parametrize(
    ("backbone", "gate", "kind"),
    [
        ("mobilenet_v3_small", "features.1.block.1", "Hardsigmoid"),
        ("efficientnet_b0", "features.1.0.block.1", "Sigmoid"),
    ],
)
def test_a_gate_ends_in_its_own_activation(backbone: str, gate: str, kind: str, inner: str) -> None:
    assert pair(backbone, f"{gate}.{inner}") == (f"{gate}.fc2", f"{gate}.scale_activation")
    assert layers_of(backbone)[f"{gate}.scale_activation"].kind == kind
    assert pair(backbone, f"{gate}.mul") == (None, None)
    assert pair(backbone, f"{gate}.avgpool") == (None, None)


@pytest.mark.parametrize("layer", ["features.1.0.block.3", "features.1.0.block.4"])
def test_convnext_activates_inside_its_block_only(layer: str) -> None:
    assert layers_of("convnext_tiny")["features.1.0.block.4"].kind == "GELU"
    assert pair("convnext_tiny", layer) == ("features.1.0.block.3", "features.1.0.block.4")
    for other in ("features.1.0.block.0", "features.1.0.block.2", "features.1.0.block.5", "features.1.0.add"):
        assert pair("convnext_tiny", other) == (None, None)


@pytest.mark.parametrize("layer", ["conv", "bn", "relu"])
def test_inceptions_activations_are_functions(layer: str) -> None:
    inner = "Mixed_6b.branch7x7_2"
    assert pair("inception_v3", f"{inner}.{layer}") == (f"{inner}.bn", f"{inner}.relu")
    assert pair("inception_v3", "Mixed_6b.cat") == (None, None)


@each_backbone
def test_pairs_agree_with_each_other(name: str) -> None:
    """Whoever names an activation names the layer that this activation itself names, and never itself as both."""
    layers = layers_of(name)
    for layer in layers.values():
        assert (layer.before is None) == (layer.after is None)
        if layer.after is not None:
            assert layers[layer.after].role == "activation"
            assert (layers[layer.after].before, layers[layer.after].after) == (layer.before, layer.after)
            assert layer.before != layer.after


class LateSplit(nn.Module):
    """A convolution that an activation and something else read: it does not lead to the activation alone."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return torch.relu(x) + x


def test_what_two_layers_read_leads_to_none_but_the_activation_knows_it() -> None:
    found = describe(LateSplit())
    assert (found["conv"].before, found["conv"].after) == (None, None)
    assert (found["relu"].before, found["relu"].after) == ("conv", "relu")


def test_an_activation_on_the_picture_itself_has_nothing_before_it() -> None:
    (relu, conv) = describe(nn.Sequential(nn.ReLU(), nn.Conv2d(3, 4, 1))).values()
    assert (relu.before, relu.after) == (conv.before, conv.after) == (None, None)


# --- kinds and roles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("Conv2d", "convolution"),
        ("conv2d", "convolution"),
        ("ConvTranspose2d", "convolution"),
        ("BatchNorm2d", "normalisation"),
        ("layer_norm", "normalisation"),
        ("ReLU6", "activation"),
        ("relu", "activation"),
        ("Hardswish", "activation"),
        ("leaky_relu", "activation"),
        ("Sigmoid", "activation"),
        ("MaxPool2d", "pooling"),
        ("avg_pool2d", "pooling"),
        ("AdaptiveAvgPool2d", "pooling"),
        ("mean", "pooling"),
        ("add", "merge"),
        ("cat", "merge"),
        ("mul", "merge"),
        ("Linear", "linear"),
        ("linear", "linear"),
        ("Dropout", "other"),
        ("Identity", "other"),
        ("MultiheadAttention", "other"),
        ("Embedding", "other"),
    ],
)
def test_the_role_of_a_kind(kind: str, role: str) -> None:
    assert Layer("layer", kind, "", 1).role == role


@each_backbone
def test_only_what_has_no_other_role_is_other(name: str) -> None:
    others = {layer.kind for layer in layers_of(name).values() if layer.role == "other"}
    assert others <= {"Dropout", "dropout", "Identity"}
    assert {layer.role for layer in layers_of(name).values()} <= {*ROLES, "other"}


@each_backbone
def test_a_modules_kind_is_its_class(name: str) -> None:
    modules = dict(skeleton(BACKBONES[name]).named_modules())
    found = 0
    for layer in layers_of(name).values():
        module = modules.get(layer.name) or modules.get(re.sub(r"_\d+$", "", layer.name))
        if module is not None:
            assert layer.kind == type(module).__name__
            found += 1
    assert found > 20


# --- which axis holds the channels ---------------------------------------------------------------------------------


def test_convnexts_blocks_hold_channels_last() -> None:
    found = layers_of("convnext_tiny")
    last = {name for name, layer in found.items() if layer.channel_axis == 3}
    assert {"features.1.0.block.2", "features.1.0.block.3", "features.1.0.block.4", "features.1.0.block.5"} <= last
    assert {"features.0.1.layer_norm", "classifier.0.layer_norm"} <= last
    assert not {"features.0.0", "features.1.0.block.0", "features.1.0.mul", "features.1.0.add", "avgpool"} & last
    assert len(last) == 18 * 4 + 5  # four layers of each block, five normalisations of maps


@each_backbone
def test_the_channel_axis_is_where_the_weights_say(name: str) -> None:
    """Each convolution puts out its channels on axis 1, each linear layer and LayerNorm its features on the last."""
    entry = BACKBONES[name]
    model = skeleton(entry)
    traced = trace(model, entry.stages)
    shapes = _shapes(model, traced.graph, 96 if entry.input_size == 299 else 64)
    checked = 0
    for node, layer in traced.layers.items():
        module = model.get_submodule(str(node.target)) if node.op == "call_module" else None
        width = getattr(module, "out_channels", None) or getattr(module, "out_features", None)
        width = width or getattr(module, "num_features", None)
        if width is not None:
            assert shapes[node][layer.channel_axis] == width, layer.name
            checked += 1
    assert checked > 5


def _shapes(model: nn.Module, graph: fx.Graph, side: int) -> dict[fx.Node, torch.Size]:
    """Return the shape of each node's output, by running the graph without numbers."""
    shapes: dict[fx.Node, torch.Size] = {}

    class Recorder(fx.Interpreter):
        def run_node(self, n: fx.Node) -> object:
            result = super().run_node(n)
            if isinstance(result, Tensor):
                shapes[n] = result.shape
            return result

    with torch.no_grad():
        Recorder(fx.GraphModule(model, graph)).run(torch.empty(1, 3, side, side, device="meta"))
    return shapes


class Moved(nn.Module):
    """Moves the channels to the end and back in the way it is told."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.conv = nn.Conv2d(3, 5, 1)
        self.linear = nn.Linear(5, 7)
        self.last = nn.Conv2d(7, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.how == "tuple":
            x = F.silu(self.linear(torch.permute(x, (0, 2, 3, 1)))).permute((0, 3, 1, 2))
        elif self.how == "list":
            x = F.silu(self.linear(x.permute([0, 2, 3, 1]))).permute([0, 3, 1, 2])
        elif self.how == "numbers":
            x = F.silu(self.linear(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        elif self.how == "keyword":
            x = F.silu(self.linear(torch.permute(x, dims=(0, 2, 3, 1)))).permute(dims=(0, 3, 1, 2))
        elif self.how == "negative":
            x = F.silu(self.linear(x.permute(0, -2, -1, 1))).permute(0, -1, 1, 2)
        elif self.how == "transpose":
            x = F.silu(self.linear(x.transpose(1, 2).transpose(2, 3))).transpose(3, 2).transpose(2, 1)
        elif self.how == "movedim":
            x = F.silu(self.linear(x.movedim(1, -1))).movedim(-1, 1)
        return self.last(x)


@pytest.mark.parametrize("how", ["tuple", "list", "numbers", "keyword", "negative", "transpose", "movedim"])
def test_channels_are_followed_however_they_are_moved(how: str) -> None:
    found = describe(Moved(how))
    assert {name: found[name].channel_axis for name in ("conv", "linear", "silu", "last")} == {
        "conv": 1,
        "linear": 3,
        "silu": 3,
        "last": 1,
    }
