"""The figures that are shipped are those that are computed, and every family has its card."""

from __future__ import annotations

import pytest

from core.architectures.costs.costs import blueprint
from core.architectures.costs.datasheets import compute, datasheets, published_top1
from core.architectures.zoo.backbones import BACKBONES, families, of_family
from core.architectures.zoo.families import FAMILIES

SMALLEST = [min(of_family(family), key=lambda entry: entry.parameters).name for family in families()]


def test_every_backbone_has_a_datasheet() -> None:
    assert list(datasheets()) == list(BACKBONES)


@pytest.mark.parametrize("name", BACKBONES)
def test_costs_and_accuracies_are_those_computed_and_published(name: str) -> None:
    entry, sheet = BACKBONES[name], datasheets()[name]
    totals = blueprint(entry).costs(entry.input_size).totals
    assert (sheet.parameters, sheet.macs, sheet.activation_bytes) == (
        totals.parameters,
        totals.macs,
        totals.activation_bytes,
    )
    assert sheet.top1 == published_top1(entry)
    assert bool(sheet.source) == (sheet.top1 is not None)
    assert (sheet.top1 is None) == (entry.classes != "imagenet")


@pytest.mark.parametrize("name", SMALLEST)
def test_a_whole_datasheet_is_the_one_computed(name: str) -> None:
    assert compute(BACKBONES[name]) == datasheets()[name]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *(("vgg16", 212), ("resnet18", 435), ("resnet34", 899), ("resnet50", 427), ("mobilenet_v2", 491)),
        *(("inception_v3", 1311), ("xception", 1083), ("squeezenet1_0", 155), ("squeezenet1_1", 207)),
    ],
)
def test_receptive_fields_are_the_published_ones(name: str, field: int) -> None:
    assert datasheets()[name].field == field


def test_families_are_those_of_the_backbones_and_build_on_earlier_ones() -> None:
    assert tuple(FAMILIES) == families()
    for family in FAMILIES.values():
        papers = {entry.paper for entry in of_family(family.name)}
        assert family.paper in papers
        for older in family.builds_on:
            assert FAMILIES[older].year <= family.year
            assert family.name not in FAMILIES[older].builds_on
