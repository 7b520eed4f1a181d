"""Capturing all layers in one forward pass, beside the bare pass and beside two libraries that capture layers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness import Row, in_fresh_process, paired, timed

if TYPE_CHECKING:
    import torch

    from core.architectures.loading import Backbone

TOPIC = "main_job"
BACKBONES = ("resnet18", "mobilenet_v2", "inception_v3")
BOUND = "<= 1.15"
PAIRS, WARM_UP = 24, 6
PAIRS_OF_PEERS, WARM_UP_OF_PEERS = 10, 3
KEPT = 4  # results kept alive, as in a cache that is full: the memory of the oldest is used again

Maps = Mapping[str, "torch.Tensor"]


def measure() -> Iterable[Row]:
    """Return for each backbone our ratio to the bare pass, and those of the peers."""
    for name in BACKBONES:
        yield from in_fresh_process(measure_backbone, name)


def measure_backbone(name: str) -> list[Row]:
    """Return the rows of one backbone; in a process of its own, prepared as the app prepares it."""
    from core.compute import prepare

    prepare()
    import torch

    from core.architectures.loading import load
    from core.datasets.sample_images import sample
    from core.images.preprocessing import fit_to_input, to_array

    backbone = load(name)
    preprocessing = backbone.preprocessing
    batch = torch.from_numpy(to_array(fit_to_input(sample("chelsea"), preprocessing).image, preprocessing))
    with torch.inference_mode():
        return _rows(backbone, batch)


def _rows(backbone: Backbone, batch: torch.Tensor) -> list[Row]:
    name = backbone.entry.name
    true = _every_map(backbone, batch)
    count = len(true)
    ours = {key: tensor for key, tensor in backbone.graph.run(batch)[1].items() if hasattr(tensor, "shape")}

    def capture() -> object:
        return backbone.graph.run(batch)

    stored = f"{count} layers, {len(ours)} of them stored, {_megabytes(ours.values())}"
    rows = [
        _row(f"capture_{name}", backbone, batch, capture, BOUND, stored),
        _row(
            f"capture_{name}_in_new_memory",
            backbone,
            batch,
            capture,
            note="every result kept, so that its memory comes anew from the system, as before the cache is full",
            kept=None,
        ),
        _row(
            f"capture_{name}_every_map",
            backbone,
            batch,
            lambda: _every_map(backbone, batch),
            note=f"the layers that are not stored computed too, all at once: {_megabytes(true.values())}",
        ),
    ]
    for peer, run in (("torchvision", _torchvision(backbone)), ("captum", _captum(backbone))):
        maps = run(batch)
        wrong = sum(not _same(tensor, true[layer]) for layer, tensor in maps.items())
        note = f"{len(maps)} of the {count} layers, {_megabytes(maps.values())}"
        if wrong:
            note += f"; {wrong} of them hold something else: overwritten in place, or the module was called again"
        rows.append(_row(f"{peer}_{name}", backbone, batch, partial(run, batch), note=note))
    return rows


def _row(
    name: str,
    backbone: Backbone,
    batch: torch.Tensor,
    run: Callable[[], object],
    bound: str = "",
    note: str = "",
    kept: int | None = KEPT,
) -> Row:
    results: deque[object] = deque(maxlen=kept)
    pairs, warm_up = (PAIRS, WARM_UP) if bound else (PAIRS_OF_PEERS, WARM_UP_OF_PEERS)
    found = paired(timed(lambda: backbone.model(batch)), timed(lambda: results.append(run())), pairs, warm_up)
    text = f"{found.describe('CPU ms')}; {note}"
    return Row(topic=TOPIC, name=name, value=found.ratio, unit="ratio", versus="the bare pass", bound=bound, note=text)


def _every_map(backbone: Backbone, batch: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the output of every layer, those included that are recomputed when they are looked at."""
    from core.architectures.graph.capture import layer_output

    graph = backbone.graph
    _, kept = graph.run(batch)
    return {layer.name: layer_output(layer.name, kept, graph.recipes) for layer in graph.layers}


def _torchvision(backbone: Backbone) -> Callable[[torch.Tensor], dict[str, torch.Tensor]]:
    """Return torchvision's extractor of the same layers, as its documentation makes one.

    It does not look into its own blocks of convolution, normalisation and activation: of those it gives the output.
    """
    from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

    layers = [layer.name for layer in backbone.graph.layers]
    known = set.intersection(*map(set, get_graph_node_names(backbone.model, suppress_diff_warning=True)))
    ends = {layer: layer for layer in layers if layer in known}
    for layer in layers:
        ends |= {block: layer for block in known if layer.startswith(f"{block}.")}
    extractor: Any = create_feature_extractor(backbone.model, return_nodes=ends, suppress_diff_warning=True)
    return extractor.eval()


def _captum(backbone: Backbone) -> Callable[[torch.Tensor], dict[str, torch.Tensor]]:
    """Return captum's LayerActivation of those layers that are modules, given as a list as it documents."""
    from captum.attr import LayerActivation

    modules = dict(backbone.model.named_modules())
    names = [layer.name for layer in backbone.graph.layers if layer.name in modules]
    activation = LayerActivation(backbone.model, [modules[name] for name in names])
    return lambda batch: dict(zip(names, activation.attribute(batch), strict=True))


def _same(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.shape == second.shape and bool((first == second).all())


def _megabytes(tensors: Iterable[torch.Tensor]) -> str:
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
    return f"{sum(storages.values()) / 1e6:.1f} MB"
