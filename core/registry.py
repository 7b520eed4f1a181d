"""The ordered, frozen registry of variants (backbone, optimizer, transform ...), one row each."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from core.errors import UserError
from core.i18n import N_


class Named(Protocol):
    """What a registry can hold: a record with a unique, language-neutral `name`."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class UnknownNameError(UserError, KeyError):
    """A name that is not known; a `KeyError` too, so that `Mapping.get` works."""


class Registry(Mapping[str, Entry], Generic[Entry]):
    """An ordered mapping from names to frozen records.

    Raises `ValueError` on a duplicate name, and `UserError` with the closest names when an unknown one is asked for.
    """

    def __init__(self, noun: str, entries: Iterable[Entry]) -> None:
        self.noun = noun
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            if entry.name in self._entries:
                raise ValueError(f"{noun} {entry.name!r} is declared twice")
            self._entries[entry.name] = entry

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise unknown(self.noun, name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def unknown(noun: str, name: str, known: Iterable[str]) -> UserError:
    """Return the problem to raise for a name that is not among the `known` ones."""
    close = difflib.get_close_matches(name, list(known), n=3) or sorted(known)[:3]
    return UnknownNameError(
        N_("There is no {noun} called “{name}”."),
        N_("Did you mean {close}?"),
        noun=noun,
        name=name,
        close=", ".join(close),
    )
