"""Architectures: the summary of each backbone beside torchinfo's, and the first view of one never seen before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from tests.benchmarks.harness import Pairs, Row, in_fresh_process, paired, timed

TOPIC = "architectures"
PAIRS, WARM_UP = 3, 1
SLOWEST = 3  # backbones that are named


def measure_summaries() -> Iterable[Row]:
    """Return the ratio to torchinfo of the backbone for which it is worst, and the median of all."""
    yield from in_fresh_process(summaries)


def measure_first_views() -> Iterable[Row]:
    """Return the same of the first view beside building the network and passing one picture through it."""
    yield from in_fresh_process(first_views)


def summaries() -> list[Row]:
    """Return the rows of the summaries; both are given a network that is built."""
    from core import torchvision_compat

    torchvision_compat.declare()
    import torchinfo

    from core.architectures.costs.costs import blueprint_of
    from core.architectures.loading import load
    from core.architectures.zoo.backbones import BACKBONES
    from core.compute import prepare

    prepare()
    found: dict[str, Pairs] = {}
    for name, entry in BACKBONES.items():
        model, side = load(name).model, entry.input_size

        def theirs(model: object = model, side: int = side) -> None:
            torchinfo.summary(model, (1, 3, side, side), verbose=0)

        def ours(model: object = model, side: int = side) -> None:
            _ = blueprint_of(model).costs(side).totals  # type: ignore[arg-type]

        found[name] = paired(timed(theirs), timed(ours), PAIRS, WARM_UP)
    note = "shapes, parameters and MACs of every layer of a network that is built; torchinfo passes zeros through it"
    return _rows("summary", found, "torchinfo", "<= 1", note)


def first_views() -> list[Row]:
    """Return the rows of the first view: everything that the page's part about one network computes."""
    import torch

    from core.architectures.costs.block_diagram import diagram
    from core.architectures.costs.costs import blueprint
    from core.architectures.loading import load
    from core.architectures.receptive_field.fields import fields_of_traced
    from core.architectures.zoo.backbones import BACKBONES
    from core.compute import prepare

    prepare()
    load("tiny_resnet"), load("resnet18"), load("xception")  # what is imported once is not counted
    found: dict[str, Pairs] = {}
    for name, entry in BACKBONES.items():
        side = entry.input_size

        def bare(name: str = name, side: int = side) -> None:
            with torch.inference_mode():
                load(name).model(torch.zeros(1, 3, side, side))

        def view(name: str = name, side: int = side) -> None:
            plan = blueprint(BACKBONES[name])
            costs = plan.costs(side)
            diagram(plan, costs)
            fields_of_traced(plan.model, plan.traced, (side, side))

        found[name] = paired(timed(bare), timed(view), 1 if entry.parameters > 30e6 else PAIRS, WARM_UP)
    note = "layers, costs, receptive fields and block diagram, nothing of it kept"
    return _rows("first_view", found, "building it with random weights and one forward pass", "<= 3", note)


def _rows(name: str, found: dict[str, Pairs], versus: str, bound: str, note: str) -> list[Row]:
    order = sorted(found, key=lambda one: -found[one].ratio)
    slowest = ", ".join(f"{one} {found[one].ratio:.2f}" for one in order[:SLOWEST])
    worst = found[order[0]]
    return [
        Row(
            topic=TOPIC,
            name=f"{name}_worst",
            value=worst.ratio,
            unit="ratio",
            versus=versus,
            bound=bound,
            note=f"of {len(found)} backbones the slowest: {slowest}; {note}; {worst.describe('CPU ms')}",
        ),
        Row(
            topic=TOPIC,
            name=f"{name}_median",
            value=statistics.median(pairs.ratio for pairs in found.values()),
            unit="ratio",
            versus=versus,
            note=f"of {len(found)} backbones",
        ),
    ]


PARTS = {"summaries": measure_summaries, "first_views": measure_first_views}
