"""The most memory that the server takes while one visitor looks at every backbone of torchvision in turn."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from tests.benchmarks.harness import Row
from tests.benchmarks.rigs.servers import convscope
from tests.benchmarks.rigs.visitors import Visitor, visitors
from tests.servers import Server

TOPIC = "main_job"
LIMIT_MB = 3072


@dataclass(frozen=True)
class Sample:
    """What the server took when a backbone had been visited, and the peak until then, in MB."""

    backbone: str
    resident: float
    peak: float


def measure() -> list[Row]:
    """Return the peak of the server's memory, and how much it has at the start and at the end."""
    from core.architectures.zoo.backbones import BACKBONES
    from core.limits import ACTIVATIONS_BYTES, MODELS_BYTES

    entries = [entry for entry in BACKBONES.values() if entry.source == "torchvision"]
    largest = max(entries, key=lambda entry: entry.parameters)
    begin = time.perf_counter()
    with convscope() as server, visitors(server.address, 1) as (visitor,):
        visitor.visit(_link("tiny_resnet"))
        samples = [_visit(server, visitor, name) for name in ("tiny_resnet", *(entry.name for entry in entries))]
    seconds = time.perf_counter() - begin
    start, end = samples[0], samples[-1]
    note = (
        f"resident memory of the server; {len(entries)} backbones in {seconds:.0f} s, the largest {largest.name} with "
        f"{largest.parameters * 4 / 1e6:.0f} MB; at most {MODELS_BYTES >> 20} MiB of models and "
        f"{ACTIVATIONS_BYTES >> 20} MiB of activations are kept; highest after {_rise(samples)}"
    )
    return [
        Row(topic=TOPIC, name="memory_peak", value=end.peak, unit="MB", bound=f"<= {LIMIT_MB}", note=note),
        Row(topic=TOPIC, name="memory_at_start", value=start.resident, unit="MB", note="one tiny backbone visited"),
        Row(topic=TOPIC, name="memory_at_end", value=end.resident, unit="MB", note="all visited, caches full"),
    ]


def _link(backbone: str) -> dict[str, str]:
    return {"picture": "chelsea", "backbone": backbone, "weights": "untrained", "seed": "0", "fit": "crop"}


def _visit(server: Server, visitor: Visitor, backbone: str) -> Sample:
    visit = visitor.visit(_link(backbone))
    if not visit.layer:
        raise RuntimeError(f"no activation maps of {backbone} arrived")
    return Sample(backbone, psutil.Process(server.pid).memory_info().rss / 1e6, server.peak_bytes / 1e6)


def _rise(samples: list[Sample]) -> str:
    """Return the backbone during whose visit the peak was reached."""
    peak = samples[-1].peak
    return next(sample.backbone for sample in samples if sample.peak == peak)
