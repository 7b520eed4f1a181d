"""The declaration of a setting: name, label, kind, default and limits, independent of language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")
LONGEST_NAME = 300  # characters, of a text too


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[Value]):
    """One setting: `name` is its address in links and configs, `label` and `help` are marked for translation."""

    name: str
    label: str
    default: Value
    help: str = ""

    def read(self, text: str) -> Value:
        """Return the value that `text`, as found in a link, stands for; the default where it stands for none."""
        raise NotImplementedError

    def write(self, value: Value) -> str:
        """Return the text that stands for `value` in a link."""
        return str(value)


@dataclass(frozen=True, kw_only=True)
class Choice(Setting[str]):
    """One of several values; `options` pairs each with its label, marked for translation."""

    options: tuple[tuple[str, str], ...]

    @property
    def values(self) -> tuple[str, ...]:
        """Return the values without their labels."""
        return tuple(value for value, _ in self.options)

    def read(self, text: str) -> str:
        return text if text in self.values else self.default


@dataclass(frozen=True, kw_only=True)
class Number(Setting[float]):
    """A number within limits, both included; `format` says, as to printf, how it is written where `step` does not."""

    minimum: float
    maximum: float
    step: float
    format: str | None = None

    def read(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            return self.default
        return number if math.isfinite(number) and self.minimum <= number <= self.maximum else self.default

    def write(self, value: float) -> str:
        short = f"{value:g}"
        return short if float(short) == value else repr(float(value))


@dataclass(frozen=True, kw_only=True)
class Integer(Setting[int]):
    """A whole number within limits, both included; `maximum` is None where the page knows it only later."""

    minimum: int
    maximum: int | None = None

    def read(self, text: str) -> int:
        if not text.removeprefix("-").isdecimal() or len(text) > 12:
            return self.default
        number = int(text)
        fits = number >= self.minimum and (self.maximum is None or number <= self.maximum)
        return number if fits else self.default


@dataclass(frozen=True, kw_only=True)
class Toggle(Setting[bool]):
    """On or off."""

    def read(self, text: str) -> bool:
        return text == "1" if text in {"0", "1"} else self.default

    def write(self, value: bool) -> str:
        return "1" if value else "0"


@dataclass(frozen=True, kw_only=True)
class Identifier(Setting[str]):
    """A name, or several in one text, of things that only the page knows; it checks them itself."""

    longest: int = LONGEST_NAME

    def read(self, text: str) -> str:
        return text if len(text) <= self.longest else self.default


@dataclass(frozen=True, kw_only=True)
class Text(Setting[str]):
    """A line of text that a person writes; whoever uses it judges it."""

    def read(self, text: str) -> str:
        return text if len(text) <= LONGEST_NAME and text.isprintable() else self.default
