"""Every captured map is what the untouched network really computed there, whatever it overwrites afterwards."""

from __future__ import annotations

import copy
import gc
import math
import re
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core import torchvision_compat
from core.architectures.graph.capture import LayerGraph, layer_graph, layer_output
from core.architectures.loading import Backbone
from core.architectures.zoo.backbones import BACKBONES, families, of_family
from core.compute import prepare
from core.hooks import borrow
from core.images.picture import Picture
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.activations.activation_capture import Activations, capture
from tests.core.conftest import MakeBackbone
from tests.core.pathological import OUTPUT, ZOO, Pathological, Truth, batch, build

torchvision_compat.declare()
from torchvision.models import feature_extraction  # noqa: E402

TINY = tuple(name for name, entry in BACKBONES.items() if entry.source == "convscope")
SMALLEST = tuple(
    min((entry for entry in of_family(family) if entry.name not in TINY), key=lambda entry: entry.parameters).name
    for family in families()
)
OTHER_BUILDS = ("mobilenet_v2", "squeezenet1_0")
SIDES = {299: 96}  # by a backbone's own input side: what serves here; 64 for the rest

each_kind = pytest.mark.parametrize("kind", ZOO, ids=lambda kind: kind.__name__)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    """As in the app: with several threads, sums may be taken in another order."""
    prepare()


def as_array(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().numpy()


# --- a zoo of pathological networks ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Specimen:
    """A network of the zoo, captured, beside what its layers truly put out and what it answers by itself."""

    graph: LayerGraph
    output: Tensor
    outputs: dict[str, Tensor]
    truth: Truth
    bare: Tensor

    def layer(self, name: str) -> Tensor:
        """Return what was captured of a layer."""
        return layer_output(name, self.outputs, self.graph.recipes)

    @property
    def names(self) -> list[str]:
        """Return the layers that put out a tensor, in the graph's order."""
        return [layer.name for layer in self.graph.layers if isinstance(self.layer(layer.name), Tensor)]


def examine(kind: type[Pathological]) -> Specimen:
    model = build(kind)
    with torch.inference_mode():
        truth = model.truth(batch())
        bare = model(batch())
        assert torch.equal(bare, truth[OUTPUT]), "the truth written down in the zoo is not the network's"
        graph = layer_graph(model)
        output, outputs = graph.run(batch())
    del truth[OUTPUT]
    return Specimen(graph, output, outputs, truth, bare)


@each_kind
def test_a_pathological_networks_output_is_its_own(kind: type[Pathological]) -> None:
    specimen = examine(kind)
    assert torch.equal(specimen.output, specimen.bare)


@each_kind
def test_a_pathological_networks_layers_are_named_in_the_order_of_the_data(kind: type[Pathological]) -> None:
    with torch.inference_mode():
        specimen = examine(kind)
        assert specimen.names == list(specimen.truth)


@each_kind
def test_a_pathological_networks_maps_are_those_at_the_time(kind: type[Pathological]) -> None:
    with torch.inference_mode():
        specimen = examine(kind)
        wrong = [name for name, true in specimen.truth.items() if not torch.equal(specimen.layer(name), true)]
        assert wrong == []


@each_kind
def test_looking_at_maps_changes_none_of_them(kind: type[Pathological]) -> None:
    with torch.inference_mode():
        specimen = examine(kind)
        before = {name: tensor.clone() for name, tensor in specimen.outputs.items() if isinstance(tensor, Tensor)}
        for name in [*specimen.names, *reversed(specimen.names)]:
            specimen.layer(name)
        assert [name for name, tensor in before.items() if not torch.equal(specimen.outputs[name], tensor)] == []


@each_kind
def test_tracing_leaves_a_network_as_it_is(kind: type[Pathological]) -> None:
    model = build(kind)
    model.train()
    model.conv.eval()
    state, before = copy.deepcopy(model.state_dict()), _condition(model)
    layer_graph(model)
    assert _condition(model) == before
    assert list(model.state_dict()) == list(state)
    assert all(torch.equal(tensor, state[key]) for key, tensor in model.state_dict().items())


def _condition(model: nn.Module) -> list[tuple[object, ...]]:
    return [
        (name, id(module), module.training, getattr(module, "inplace", None), len(module._forward_hooks))
        for name, module in model.named_modules(remove_duplicate=False)
    ]


@each_kind
def test_running_a_graph_leaves_its_input_as_it_is(kind: type[Pathological]) -> None:
    picture = batch()
    with torch.inference_mode():
        layer_graph(build(kind)).run(picture)
    assert torch.equal(picture, batch())


# --- the registry's networks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A backbone, captured, beside what others find in it.

    `seen` is what hooks that copy saw on the untouched network, by module and number of the call, in the order in
    which they were called; `extracted` what torchvision's extractor returns of functional layers; `nodes` all that
    torchvision knows in the network, in its order.
    """

    backbone: Backbone
    activations: Activations
    seen: dict[str, Tensor]
    bare: Tensor
    extracted: dict[str, Tensor]
    nodes: list[str]

    def layer(self, name: str) -> Tensor:
        """Return what was captured of a layer, as the network laid it out."""
        return layer_output(name, self.activations.kept, self.activations.recipes)

    @property
    def names(self) -> list[str]:
        return [layer.name for layer in self.activations.layers]


@pytest.fixture(scope="module", params=[*TINY, *SMALLEST, *OTHER_BUILDS])
def case(request: pytest.FixtureRequest, picture: Picture, make_backbone: MakeBackbone) -> Case:
    entry = BACKBONES[request.param]
    backbone = make_backbone(entry.name, SIDES.get(entry.input_size, 64))
    preprocessing = backbone.preprocessing
    x = torch.from_numpy(to_array(fit_to_input(picture, preprocessing).image, preprocessing))
    with torch.inference_mode(), pytest.MonkeyPatch.context() as patch:
        seen, bare = _watch(backbone.model, x)
        fused = _without_inplace(backbone.model)
        # By default torchvision does not look into what torchvision.ops builds: whole blocks would be one node.
        patch.setattr(feature_extraction, "_get_leaf_modules_for_ops", list)
        _in_training, nodes = feature_extraction.get_graph_node_names(fused, suppress_diff_warning=True)
        functional = [node for node in nodes[1:] if node not in seen]
        extractor = feature_extraction.create_feature_extractor(
            fused, train_return_nodes=nodes[1:2], eval_return_nodes=functional, suppress_diff_warning=True
        ).eval()
        extracted = extractor(x)
    return Case(backbone, capture(backbone, picture), seen, bare, extracted, nodes[1:])


def _watch(model: nn.Module, x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Return what each of PyTorch's own layers put out at each of its calls, copied at once, and the output."""
    seen: dict[str, Tensor] = {}
    calls: Counter[str] = Counter()

    def note(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            seen[f"{name}_{calls[name]}" if calls[name] else name] = output.clone()
            calls[name] += 1

        return hook

    handles = [
        module.register_forward_hook(note(name))
        for name, module in model.named_modules()
        if type(module).__module__.startswith("torch.nn") and not list(module.children())
    ]
    output = model(x)
    for handle in handles:
        handle.remove()
    return seen, output


def _without_inplace(model: nn.Module) -> nn.Module:
    tensors = [*model.parameters(), *model.buffers()]
    fused = copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})  # the weights are the model's own
    for module in fused.modules():
        if hasattr(module, "inplace"):
            module.inplace = False  # type: ignore[assignment]
    return fused


def test_the_output_is_that_of_a_bare_forward_pass(case: Case) -> None:
    assert case.bare.shape == (1, len(case.backbone.class_names))
    assert float(case.bare.std()) > 0
    assert torch.equal(torch.from_numpy(case.activations.logits.copy()), case.bare[0])


def test_each_module_is_what_a_hook_saw_at_the_time(case: Case) -> None:
    """In the order in which the hooks were called, with none missing; a flattening is no layer of its own."""
    modules = dict(case.backbone.model.named_modules())
    seen = {name: true for name, true in case.seen.items() if not isinstance(modules.get(name), nn.Flatten)}
    assert len(seen) > 15
    assert [name for name in case.names if name in seen] == list(seen)
    with torch.inference_mode():
        assert [name for name, true in seen.items() if not torch.equal(case.layer(name), true)] == []


def test_each_function_is_what_an_extractor_returns(case: Case) -> None:
    functional = [name for name in case.names if name not in case.seen]
    with torch.inference_mode():
        assert [name for name in functional if not torch.equal(case.layer(name), case.extracted[name])] == []


BOOKKEEPING = frozenset(
    {"getattr", "getitem", "flatten", "view", "reshape", "permute", "transpose", "contiguous", "chunk"}
    | {"size", "dim", "unsqueeze", "floordiv", "eq", "stochastic_depth"}
)


def test_nothing_that_computes_is_missing(case: Case) -> None:
    """What torchvision knows of and no layer shows is a weight, or has only arranged or inspected what was there."""
    modules = dict(case.backbone.model.named_modules())

    def computes(node: str) -> bool:
        if node in case.seen:
            return not isinstance(modules.get(node), nn.Flatten)
        function = re.sub(r"_\d+$", "", node.rpartition(".")[2])
        return function not in BOOKKEEPING and not isinstance(case.extracted[node], nn.Parameter)

    assert case.names == [node for node in case.nodes if computes(node)]


def test_no_map_is_constant_throughout(case: Case) -> None:
    """The signals reach the last layer: a comparison of zeros with zeros would prove nothing."""
    assert [name for name in case.names if np.ptp(case.activations.maps(name)) == 0] == []
    assert all(np.isfinite(case.activations.maps(name)).all() for name in case.names)


def test_normalisations_before_an_activation_keep_their_negative_values(case: Case) -> None:
    """Whatever comes after them overwrites them in nearly all of these networks."""
    layers = case.activations.layers
    norms = [layer for layer in layers if layer.role == "normalisation" and layer.before == layer.name]
    rectified = [layer for layer in layers if layer.kind in {"ReLU", "ReLU6", "relu"}]
    assert norms or not any(isinstance(module, nn.BatchNorm2d) for module in case.backbone.model.modules())
    assert [layer.name for layer in norms if case.activations.maps(layer.name).min() >= 0] == []
    assert [layer.name for layer in rectified if case.activations.maps(layer.name).min() < 0] == []


FORMULAS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "relu": lambda x: np.where(x > 0, x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
}


def test_what_leaves_an_activation_follows_from_what_enters_it(case: Case) -> None:
    """By the formula of the papers, from the maps that are shown as before to those that are shown as after."""
    kinds = {layer.name: layer.kind.lower() for layer in case.activations.layers}
    pairs = {(layer.before, layer.after) for layer in case.activations.layers if layer.before and layer.after}
    assert len(pairs) >= 7
    for before, after in pairs:
        entering = case.activations.maps(before).astype(np.float64)
        with np.errstate(over="ignore"):  # of exp, far out where the sigmoid is 0
            expected = FORMULAS[kinds[after]](entering)
        np.testing.assert_allclose(case.activations.maps(after), expected, rtol=1e-5, atol=5e-6, err_msg=after)


def test_each_activation_is_paired_with_itself(case: Case) -> None:
    alone = [
        layer.name
        for layer in case.activations.layers
        if layer.kind.lower() in FORMULAS and (layer.after != layer.name or layer.before is None)
    ]
    assert alone == []


def test_looking_twice_shows_the_same(case: Case) -> None:
    first = {name: case.activations.maps(name).copy() for name in case.names}
    again = {name: case.activations.maps(name) for name in reversed(case.names)}
    assert [name for name in case.names if not np.array_equal(first[name], again[name])] == []


def test_no_hook_is_needed(case: Case) -> None:
    assert sum(len(module._forward_hooks) for module in case.backbone.model.modules()) == 0


def test_capturing_again_gives_the_same_to_the_bit(case: Case, picture: Picture) -> None:
    again = capture(case.backbone, picture)
    assert np.array_equal(again.logits, case.activations.logits)
    assert list(again.shapes) == case.names
    with torch.inference_mode():
        assert [name for name, kept in case.activations.kept.items() if not torch.equal(kept, again.kept[name])] == []


# --- single networks, and sharing ---------------------------------------------------------------------------------


def test_inceptions_functions_are_among_its_layers(make_backbone: MakeBackbone) -> None:
    """It has no ReLU modules, and the pools of its branches are functions."""
    graph = make_backbone("inception_v3").graph
    names = [layer.name for layer in graph.layers]
    kinds = Counter(layer.kind for layer in graph.layers)
    assert kinds["relu"] == kinds["Conv2d"] == kinds["BatchNorm2d"] == 94
    assert kinds["avg_pool2d"] == 9  # one in each block but the two that reduce
    assert kinds["max_pool2d"] == 2  # in the two that reduce
    assert kinds["MaxPool2d"] == 2  # in the stem
    assert kinds["cat"] == 1 + 11 + 2 * 2  # the input's, each block's, and the two split branches of the last blocks
    for name in ("Conv2d_1a_3x3.relu", "Mixed_5b.avg_pool2d", "Mixed_6a.max_pool2d", "Mixed_7c.cat_2"):
        assert name in names


def test_inceptions_normalisations_are_not_overwritten_by_its_functions(
    picture: Picture, make_backbone: MakeBackbone
) -> None:
    activations = capture(make_backbone("inception_v3", 96), picture)
    norm, relu = activations.maps("Conv2d_1a_3x3.bn"), activations.maps("Conv2d_1a_3x3.relu")
    assert norm.min() < 0
    assert np.array_equal(relu, np.maximum(norm, 0))


def test_a_model_can_be_forgotten_while_its_activations_are_looked_at(
    picture: Picture, make_backbone: MakeBackbone
) -> None:
    """What is kept of a picture must not keep the weights: caches evict models and activations apart."""
    for name in ("tiny_inception", "tiny_mobilenet", "mobilenet_v3_small", "densenet121"):
        backbone = make_backbone(name)
        activations = capture(backbone, picture)
        expected = {layer: activations.maps(layer).copy() for layer in activations.shapes}
        large = [module.weight for module in backbone.model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
        assert len(large) > 20
        references = [weakref.ref(thing) for thing in (backbone.model, backbone.graph.module, *large)]
        del backbone, large
        gc.collect()
        assert [reference() for reference in references if reference() is not None] == []
        assert all(np.array_equal(activations.maps(layer), maps) for layer, maps in expected.items())


def test_what_is_captured_costs_less_than_all_layers_together(picture: Picture, make_backbone: MakeBackbone) -> None:
    """Pointwise layers are recomputed: only about half the memory of all layers is kept."""
    activations = capture(make_backbone("resnet18"), picture)
    whole = sum(4 * math.prod(shape) for shape in activations.shapes.values())
    assert 0.3 < activations.bytes / whole < 0.6


def test_a_graph_is_the_same_whoever_asks_first(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_inception")
    with ThreadPoolExecutor(8) as pool:
        graphs = list(pool.map(lambda _: backbone.graph, range(8)))
    assert len({graph.layers for graph in graphs}) == 1
    assert not any(module.training for module in backbone.model.modules())


def test_a_frozen_layer_in_a_model_that_trains_stays_frozen(make_backbone: MakeBackbone, picture: Picture) -> None:
    backbone = make_backbone("tiny_resnet")
    backbone.model.train()
    norms = [module for module in backbone.model.modules() if isinstance(module, nn.BatchNorm2d)]
    norms[0].eval()
    before = [module.training for module in backbone.model.modules()]
    capture(backbone, picture)
    assert [module.training for module in backbone.model.modules()] == before
    assert all(int(norm.num_batches_tracked) == 0 for norm in norms if norm.num_batches_tracked is not None)


def test_capturing_works_while_the_same_thread_has_the_model(make_backbone: MakeBackbone, picture: Picture) -> None:
    backbone = make_backbone("tiny_vgg")
    alone = capture(backbone, picture)
    with borrow(backbone.model) as loan:
        calls: list[nn.Module] = []
        loan.watch(backbone.model, lambda module, inputs, output: calls.append(module))
        assert np.array_equal(capture(backbone, picture).logits, alone.logits)
    assert calls == []  # the capturing graph is not the model
