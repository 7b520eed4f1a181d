"""Tracing one network while other threads compute with, or trace, others."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from core.architectures.graph.capture import layer_graph
from core.architectures.graph.tracing import trace
from core.architectures.loading import skeleton
from core.architectures.zoo import tiny
from core.architectures.zoo.backbones import BACKBONES, Stage

PATIENCE_SECONDS = 30.0


class Held(nn.Module):
    """A network whose tracing stops in the middle until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1)
        self.reached, self.released = threading.Event(), threading.Event()

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        self.reached.set()
        assert self.released.wait(PATIENCE_SECONDS)
        return self.second(x).relu()


def names(model: nn.Module, stages: tuple[Stage, ...] = ()) -> list[str]:
    return [layer.name for layer in trace(model, stages).layers.values()]


def test_passes_of_other_threads_go_on_while_a_network_is_traced() -> None:
    held, other = Held(), tiny.tiny_mobilenet().eval()
    graph = layer_graph(tiny.tiny_resnet())
    batch = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected, (captured, _) = other(batch), graph.run(batch)
    with ThreadPoolExecutor(1) as pool:
        tracing = pool.submit(names, held)
        try:
            assert held.reached.wait(PATIENCE_SECONDS)
            with torch.inference_mode():
                assert torch.equal(other(batch), expected)
                assert torch.equal(graph.run(batch)[0], captured)
        finally:
            held.released.set()
        assert tracing.result(PATIENCE_SECONDS) == ["first", "second", "relu"]


def test_networks_traced_at_once_have_the_layers_they_have_alone() -> None:
    call = nn.Module.__call__
    entries = [BACKBONES[name] for name in ("resnet18", "inception_v3", "densenet121", "mobilenet_v2", "squeezenet1_1")]
    models = [(skeleton(entry), entry.stages) for entry in entries]
    alone = [names(*model) for model in models]
    with ThreadPoolExecutor(len(models)) as pool:
        for _ in range(3):
            assert list(pool.map(lambda model: names(*model), models)) == alone
    assert nn.Module.__call__ is call


def test_a_network_that_cannot_be_traced_keeps_nobody_else_from_it() -> None:
    class Impossible(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if x.sum() > 0 else -x

    call = nn.Module.__call__
    for _ in range(2):
        try:
            trace(Impossible())
        except torch.fx.proxy.TraceError:
            pass
        else:
            raise AssertionError("it was traced")
    assert nn.Module.__call__ is call
    assert names(nn.Sequential(nn.ReLU())) == ["0"]
