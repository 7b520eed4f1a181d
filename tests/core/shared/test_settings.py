"""Settings: what is written into a link is read back as it was, and what stands for nothing reads as the default."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest

from core.settings import LONGEST_NAME, Choice, Identifier, Integer, Number, Setting, Text, Toggle

CHOICE = Choice(name="order", label="Sort by", default="index", options=(("index", "Index"), ("mean", "Mean")))
NUMBER = Number(name="limit", label="Up to", default=1.0, minimum=0.01, maximum=1000.0, step=0.5)
WHOLE = Integer(name="page", label="Page", default=1, minimum=1, maximum=64)
ENDLESS = Integer(name="seed", label="Seed", default=0, minimum=-5)
TOGGLE = Toggle(name="overlay", label="Overlay", default=True)
NAME = Identifier(name="layer", label="Layer", default="")

RUBBISH = ("", " ", "x", "1e", "--1", "1-", "+", "-", "0x10", "1,5", "None", "\x00", "\n", "½", "²", "∞", "1" * 400)
HOSTILE = ("<script>alert(1)</script>", "'; drop table", "../../etc/passwd", "{0.__class__}", "%s", "\u202e", "🐱")


# --- round trips --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", CHOICE.values)
def test_a_choice_comes_back(value: str) -> None:
    assert CHOICE.read(CHOICE.write(value)) == value


def numbers() -> list[float]:
    generator = random.Random(0)
    spread = [math.exp(generator.uniform(math.log(0.01), math.log(1000))) for _ in range(200)]
    return [0.01, 0.1, 0.5, 1 / 3, 1.0, 12.5, 123.456789, 999.9999, 1000.0, *spread]


def test_numbers_come_back() -> None:
    """To the last digit: a link reproduces the very view."""
    assert [number for number in numbers() if NUMBER.read(NUMBER.write(number)) != number] == []


def test_limits_come_back_whatever_their_digits() -> None:
    setting = Number(name="x", label="x", default=0.5, minimum=1 / 3, maximum=2 / 3, step=0.1)
    assert (setting.read(setting.write(1 / 3)), setting.read(setting.write(2 / 3))) == (1 / 3, 2 / 3)


@pytest.mark.parametrize(("number", "text"), [(1.0, "1"), (0.5, "0.5"), (12.25, "12.25"), (1000.0, "1000")])
def test_plain_numbers_are_written_plainly(number: float, text: str) -> None:
    assert NUMBER.write(number) == text


def test_whole_numbers_come_back() -> None:
    assert all(WHOLE.read(WHOLE.write(number)) == number for number in range(1, 65))
    assert all(ENDLESS.read(ENDLESS.write(number)) == number for number in (-5, -1, 0, 7, 99_999_999_999))


def test_toggles_and_names_come_back() -> None:
    assert [TOGGLE.read(TOGGLE.write(value)) for value in (True, False)] == [True, False]
    for name in ("layer1.0.conv1", "a,b", "", *HOSTILE, "x" * LONGEST_NAME):
        assert NAME.read(NAME.write(name)) == name


# --- bad texts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*RUBBISH, *HOSTILE])
@pytest.mark.parametrize("setting", [CHOICE, NUMBER, WHOLE, ENDLESS, TOGGLE], ids=lambda setting: setting.name)
def test_what_stands_for_nothing_reads_as_the_default(setting: Setting[object], text: str) -> None:
    assert setting.read(text) == setting.default


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "infinity", "1e999", "0.0099", "1000.01", "-1", "0", "1e-400"])
def test_numbers_outside_their_limits_read_as_the_default(text: str) -> None:
    assert NUMBER.read(text) == 1.0


@pytest.mark.parametrize(("text", "number"), [("0.01", 0.01), ("1000", 1000.0), ("1e2", 100.0), ("3", 3.0)])
def test_limits_are_included(text: str, number: float) -> None:
    assert NUMBER.read(text) == number


@pytest.mark.parametrize("text", ["0", "65", "-1", "1.0", "1e1", "1_0", "9" * 13, "-" + "9" * 12])
def test_whole_numbers_outside_their_limits_read_as_the_default(text: str) -> None:
    assert WHOLE.read(text) == 1


def test_without_a_maximum_only_the_length_limits() -> None:
    assert ENDLESS.read("9" * 12) == int("9" * 12)
    assert ENDLESS.read("9" * 13) == 0
    assert ENDLESS.read("-5") == -5
    assert ENDLESS.read("-6") == 0


@pytest.mark.parametrize("text", ["true", "True", "yes", "2", "01", "-1"])
def test_only_0_and_1_turn_a_toggle(text: str) -> None:
    assert TOGGLE.read(text) is True
    assert dataclasses.replace(TOGGLE, default=False).read(text) is False


@pytest.mark.parametrize("text", ["Mean", "mean ", "Index", "mean,index"])
def test_a_choice_is_read_by_its_value_not_its_label(text: str) -> None:
    assert CHOICE.read(text) == "index"


def test_a_name_that_is_too_long_reads_as_the_default() -> None:
    assert NAME.read("x" * (LONGEST_NAME + 1)) == ""


# --- records ----------------------------------------------------------------------------------------------------------


def test_values_come_without_their_labels() -> None:
    assert CHOICE.values == ("index", "mean")


@pytest.mark.parametrize("setting", [CHOICE, NUMBER, WHOLE, TOGGLE, NAME], ids=lambda setting: setting.name)
def test_settings_are_values(setting: Setting[object]) -> None:
    assert setting == dataclasses.replace(setting)
    assert hash(setting) == hash(dataclasses.replace(setting))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setting.name = "other"  # type: ignore[misc]


def test_a_kind_must_say_how_it_is_read() -> None:
    with pytest.raises(NotImplementedError):
        Setting(name="x", label="x", default=0).read("0")


def test_a_text_is_one_line_of_bounded_length() -> None:
    text = Text(name="formula", label="Formula", default="x^2")
    for value in ("", "x + y", "ñ", "x" * 300):
        assert text.read(text.write(value)) == value
    for wrong in ("x\ny", "x\0", "x" * 301):
        assert text.read(wrong) == "x^2"
