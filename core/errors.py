"""The exceptions that core raises for what a person can cause or cure."""

from __future__ import annotations

from typing import Any


class UserError(Exception):
    """Something went wrong that a person can understand and act on.

    `reason` and `remedy` are English messages marked with `N_`, with `str.format` fields for `values`; a page
    translates the messages first and fills in the values afterwards. `str(problem)` is the English text.
    Pickles, so that it can cross from a worker process.
    """

    def __init__(self, reason: str, remedy: str = "", **values: Any) -> None:
        super().__init__(reason, remedy, values)
        self.reason = reason
        self.remedy = remedy
        self.values = values

    def __str__(self) -> str:
        return " ".join(text.format(**self.values) for text in (self.reason, self.remedy) if text)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.reason, self.remedy, self.values)


def _rebuild(kind: type[UserError], reason: str, remedy: str, values: dict[str, Any]) -> UserError:
    return kind(reason, remedy, **values)
