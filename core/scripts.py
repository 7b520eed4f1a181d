"""The programs that are handed out: templates in assets/scripts, filled in strictly."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.paths import ASSETS

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = ASSETS / "scripts"
SHORT = 100  # characters of what stays in one line


@dataclass(frozen=True, kw_only=True)
class ScriptStart:
    """The image and the backbone that a program begins with.

    `sample` is a sample image's name, or None for an uploaded one whose file is called `file_name`; both are None where
    the program needs no image. `fit` is how it is made square, `seed` what untrained weights are drawn with.
    """

    sample: str | None
    file_name: str | None
    backbone: str
    weights: str
    seed: int
    fit: str


def render_script(name: str, **values: Any) -> str:
    """Return the program that the template `name`.py.j2 makes of `values`.

    Values stand in the program as text; the filter `repr` writes them as Python. Raises `jinja2.UndefinedError` for a
    value that the template asks for and that is not given.
    """
    return _environment().get_template(f"{name}.py.j2").render(**values)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(SCRIPTS),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # what is written is Python
    )
    filters: dict[str, Callable[..., str]] = {"repr": repr, "laid_out": _laid_out, "in_import_order": _in_import_order}
    environment.filters.update(filters)
    return environment


def _laid_out(content: Any) -> str:
    """Return lists and dictionaries of strings as Python, in one line where there is room."""
    short = repr(content)
    return short if len(short) <= SHORT else json.dumps(content, indent=4, ensure_ascii=False)


def _in_import_order(text: str) -> str:
    """Return import lines in the order that isort gives them: modules, an empty line, names by module."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    whole = sorted({line for line in lines if line.startswith("import ")})
    named: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, names = line.removeprefix("from ").partition(" import ")
            named.setdefault(module, set()).update(name.strip() for name in names.split(","))
    partial = [f"from {module} import {', '.join(_in_name_order(named[module]))}" for module in sorted(named)]
    return "".join(f"{line}\n" for line in [*whole, *([""] if whole and partial else []), *partial])


def _in_name_order(names: Iterable[str]) -> list[str]:
    """Return names as isort sorts them: CONSTANTS, Classes, functions."""
    return sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))
