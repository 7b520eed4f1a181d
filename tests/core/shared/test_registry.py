"""Registries: ordered, frozen, each name once, and a helpful answer to a name that is not there."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from core.errors import UserError
from core.registry import Registry, unknown


@dataclass(frozen=True)
class Row:
    """An entry."""

    name: str
    value: int = 0


NAMES = ("resnet18", "resnet34", "vgg16", "alexnet", "squeezenet1_1")
ROWS = Registry("backbone", [Row(name, number) for number, name in enumerate(NAMES)])


def test_entries_are_found_by_name() -> None:
    assert ROWS["vgg16"] == Row("vgg16", 2)
    assert "vgg16" in ROWS
    assert "vgg17" not in ROWS
    assert 5 not in ROWS


def test_entries_keep_the_order_of_their_rows() -> None:
    assert isinstance(ROWS, Mapping)
    assert tuple(ROWS) == tuple(ROWS.keys()) == NAMES
    assert [row.value for row in ROWS.values()] == [0, 1, 2, 3, 4]
    assert len(ROWS) == 5


def test_rows_may_come_from_a_generator_and_there_may_be_none() -> None:
    assert list(Registry("row", (Row(name) for name in "abc"))) == ["a", "b", "c"]
    assert len(Registry("row", [])) == 0


def test_a_name_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"backbone 'a' is declared twice"):
        Registry("backbone", [Row("a", 1), Row("b"), Row("a", 2)])


def test_a_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ROWS["new"] = Row("new")  # type: ignore[index]
    with pytest.raises(TypeError):
        del ROWS["vgg16"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [("resnet81", "resnet18"), ("ResNet18", "resnet18"), ("vgg-16", "vgg16"), ("squeezenet", "squeezenet1_1")],
)
def test_an_unknown_name_brings_the_closest_ones(asked: str, suggested: str) -> None:
    with pytest.raises(UserError) as caught:
        ROWS[asked]
    message = str(caught.value)
    assert f"backbone called “{asked}”" in message
    assert suggested in caught.value.values["close"].split(", ")
    assert "Did you mean" in message


def test_the_closest_name_comes_first() -> None:
    with pytest.raises(UserError) as caught:
        ROWS["resnet3"]
    assert caught.value.values["close"].split(", ")[0] == "resnet34"


def test_up_to_three_names_are_suggested() -> None:
    assert unknown("row", "ab", ["abc", "abd", "abe", "abf", "xyz"]).values["close"].count(",") == 2


def test_where_nothing_is_close_some_names_are_suggested() -> None:
    with pytest.raises(UserError) as caught:
        ROWS["?!"]
    assert caught.value.values["close"] == "alexnet, resnet18, resnet34"


@pytest.mark.parametrize("asked", ["", "{close}", "{noun.__class__}", "<b>", "x" * 1000, "\n", "ß"])
def test_whatever_is_asked_for_is_only_quoted(asked: str) -> None:
    with pytest.raises(UserError) as caught:
        ROWS[asked]
    assert f"“{asked}”" in str(caught.value)


def test_get_answers_for_an_unknown_name_as_any_mapping_does() -> None:
    assert ROWS.get("vgg16") == Row("vgg16", 2)
    assert ROWS.get("vgg17") is None
    assert ROWS.get("vgg17", Row("other")) == Row("other")


def test_the_problem_crosses_processes() -> None:
    problem = unknown("optimizer", "adma", ["adam", "sgd"])
    again = pickle.loads(pickle.dumps(problem))
    assert str(again) == str(problem)
    assert again.values == problem.values == {"noun": "optimizer", "name": "adma", "close": "adam"}


def test_the_cause_is_not_a_second_error() -> None:
    """A person never sees the KeyError behind it."""
    with pytest.raises(UserError) as caught:
        ROWS["vgg17"]
    assert caught.value.__suppress_context__
