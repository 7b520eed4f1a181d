"""What the documents for developers name: files of the project, written as code, from the root or from a folder on."""

from __future__ import annotations

import functools
import re

from tests.contracts.source import ROOT

PLACES = ("convscope", "core", "pages", "tests", "assets", "docs", "examples", ".streamlit", ".ci")
NAMED = re.compile(r"`((?:[\w.<>-]+/)+[\w.<>-]*)")


@functools.cache
def files() -> tuple[str, ...]:
    """Return the files and folders of the project, each with its path from the root and a slash before it."""
    found = [ROOT / place for place in PLACES] + [path for place in PLACES for path in (ROOT / place).rglob("*")]
    return tuple(f"/{path.relative_to(ROOT).as_posix()}" for path in found if path.exists())


def missing(text: str) -> list[str]:
    """Return which files and folders a document names that are not there.

    `<lang>` and the like stand for any name; the environment is not part of the project.
    """
    return [
        name
        for name in NAMED.findall(text)
        if not name.startswith(".venv/") and "<" not in name and not _is_there(name.strip("/"))
    ]


def _is_there(name: str) -> bool:
    return any(path.endswith(f"/{name}") for path in files())
