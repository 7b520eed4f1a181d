"""What is read from logits with and without channels: classes, channels that matter, texts for links, tables."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from core.visualization.ablation import changes
from core.visualization.predictions import top_classes

LABELS = ("ant", "bee", "cat", "dog", "eel", "fox")
BEFORE = np.array([1, 2, 5, 4, 3, 0], np.float32)
AFTER = np.array([1, 2, 1, 4, 3, 9], np.float32)


def test_classes_before_and_after() -> None:
    found = changes.class_changes(BEFORE, AFTER, LABELS, count=2, also=0)
    assert [each.label for each in found] == ["cat", "dog", "fox", "ant"]
    cat = found[0]
    assert (cat.rank_before, cat.rank_after, cat.logit_change, cat.index) == (1, 6, -4, 2)
    exponents = np.exp(AFTER.astype(float))
    assert cat.after.probability == pytest.approx(exponents[2] / exponents.sum())
    assert cat.before == top_classes(BEFORE, LABELS, 1)[0]


def test_what_a_channel_does_for_classes() -> None:
    found = changes.contribution_of(BEFORE, AFTER, LABELS, 7, count=3)
    assert [(each.label, each.logit_change) for each in found.losing] == [("cat", -4)]
    assert [(each.label, each.logit_change) for each in found.gaining] == [("fox", 9)]
    assert found.channel == 7


def test_the_channels_that_matter_most() -> None:
    table = np.array([[0, -1], [0, 2], [0, 0], [0, -3], [0, 5]], np.float32)
    found = changes.ranking(np.array([0, 1, 2, 3, 9]), table, 1, count=2)
    assert [(each.channel, each.change) for each in found.supporting] == [(3, -3), (0, -1)]
    assert [(each.channel, each.change) for each in found.opposing] == [(9, 5), (1, 2)]
    assert found.reach == 5
    assert [found.share(each) for each in found.supporting] == [0.6, 0.2]
    assert changes.ranking(np.arange(5), table, 0).reach == 0
    shared = changes.sharing(table, np.array([0, 1], np.float32), np.array([0, -2], np.float32), [0, 3], 1)
    assert (shared.alone, shared.together) == (-4, -3)


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("3-6,9", (3, 4, 5, 6, 9)),
        ("", ()),
        ("9,3,3-4", (3, 4, 9)),
        ("8-9999999999", (8, 9)),
        ("12,-3,x,1-,5-2,²,1_0", (1,)),
        ("7" * 300, ()),
    ],
)
def test_channels_in_a_link(text: str, channels: tuple[int, ...]) -> None:
    assert changes.read_channels(text, 10) == channels
    assert changes.read_channels(changes.write_channels(channels), 10) == channels


def test_channels_are_written_short() -> None:
    assert changes.write_channels([5, 3, 4, 9, 11, 10, 0]) == "0,3-5,9-11"
    assert changes.fits_a_link(changes.write_channels(range(5000)))
    assert not changes.fits_a_link(changes.write_channels(range(0, 400, 2)))


def test_tables() -> None:
    rows = list(csv.reader(io.StringIO(changes.logits_table(BEFORE, AFTER, LABELS))))
    assert [row[1] for row in rows] == ["label", "cat", "dog", "eel", "bee", "ant", "fox"]
    assert [float(value) for value in rows[1][2:4]] == [5, 1]
    table = np.array([[0.5, -1e-7, 3, 0, 0, 0]], np.float32)
    rows = list(csv.reader(io.StringIO(changes.importance_table(np.array([4]), table, LABELS))))
    assert rows[0] == ["silenced_channel", *LABELS]
    assert [float(value) for value in rows[1]] == pytest.approx([4, 0.5, -1e-7, 3, 0, 0, 0])
