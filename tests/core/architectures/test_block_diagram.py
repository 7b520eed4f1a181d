"""The block diagram holds every layer once, and leads where the network leads."""

from __future__ import annotations

import pytest

from core.architectures.costs.block_diagram import DiagramBlock, diagram
from core.architectures.costs.costs import blueprint
from core.architectures.zoo.backbones import BACKBONES, families, of_family

SMALLEST = [min(of_family(family), key=lambda entry: entry.parameters).name for family in families()]


def whole(name: str) -> DiagramBlock:
    plan = blueprint(BACKBONES[name])
    return diagram(plan, plan.costs(BACKBONES[name].input_size))


def boxes(box: DiagramBlock) -> list[DiagramBlock]:
    return [box, *(inner for part in box.parts for inner in boxes(part))]


def leaves(box: DiagramBlock) -> list[DiagramBlock]:
    return [one for one in boxes(box) if not one.parts]


@pytest.mark.parametrize("name", [*SMALLEST, "resnet50", "inception_v3", "xception"])
def test_every_layer_is_there_once_and_every_box_adds_up(name: str) -> None:
    entry, found = BACKBONES[name], whole(name)
    names = [leaf.name for leaf in leaves(found)]
    assert sorted(names) == sorted(layer.name for layer in blueprint(entry).layers)
    assert [part.label for part in found.parts] == [stage.label for stage in entry.stages]
    assert found.parameters == entry.parameters
    for box in boxes(found):
        if not box.parts:
            continue
        assert box.layers == len(leaves(box))
        assert box.macs == sum(part.macs for part in box.parts)
        assert all(-1 <= start < end <= len(box.parts) for start, end in box.edges)
        for index in range(len(box.parts)):  # nothing stands alone
            assert any(end == index for _start, end in box.edges), (box.name, index)
            assert any(start == index for start, _end in box.edges), (box.name, index)


def test_a_residual_block_has_its_skip() -> None:
    stage = whole("tiny_resnet").parts[1]
    block = stage.parts[1]
    labels = [part.label for part in block.parts]
    assert labels == ["conv1", "conv2", "shortcut", "add", "relu"]
    assert set(block.edges) == {(-1, 0), (0, 1), (-1, 2), (1, 3), (2, 3), (3, 4), (4, 5)}
    assert block.is_branching
    assert not stage.is_branching


def test_an_inception_block_has_four_branches() -> None:
    block = whole("inception_v3").parts[1].parts[0]
    assert block.name == "Mixed_5b"
    assert [block.parts[end].label for start, end in block.edges if start == -1] == [
        "branch1x1",
        "branch5x5_1",
        "branch3x3dbl_1",
        "avg_pool2d",
    ]
    into_the_last = [start for start, end in block.edges if end == len(block.parts) - 1]
    assert len(into_the_last) == 4


def test_a_dense_block_concatenates_all_before() -> None:
    block = next(box for box in boxes(whole("densenet121")) if box.name == "features.denseblock1")
    last = len(block.parts) - 1
    assert {start for start, end in block.edges if end == last} == {-1, *range(last)}


def test_of_a_picture_that_is_too_small_there_is_as_much_as_it_reaches() -> None:
    plan = blueprint(BACKBONES["inception_v3"])
    found = diagram(plan, plan.costs(60))
    assert 0 < len(leaves(found)) < len(plan.layers)
