"""The house can be drawn: no circle, no folder too full, no name that is taken elsewhere or retired."""

from __future__ import annotations

import ast
import builtins
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from core.paths import ROOT
from tests.contracts.source import dotted, imports, modules

FOLDERS = ("core", "pages", "tests", "convscope")
FILES_AT_MOST = 20
GLOSSARY = ROOT / "docs" / "glossary.md"

CODE = modules("app.py", "core", "pages", "convscope")
Edges = Mapping[str, Iterable[str]]


def imported(tree: ast.Module, known: Iterable[str]) -> Iterator[str]:
    """Yield the modules that a module imports, lazily and for types alone too."""
    for found in imports(tree, tuple(known)):
        target = found.target
        while target and target not in known:
            target = target.rpartition(".")[0]
        if target:
            yield target


def siblings(module: str, target: str) -> tuple[str, str]:
    """Return where two modules part: the children of the package that both are in, modules or packages."""
    one, other = module.split("."), target.split(".")
    depth = next((index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if depth is None:  # a package and something in it
        return "", ""
    return ".".join(one[: depth + 1]), ".".join(other[: depth + 1])


def circle(edges: Edges) -> list[str]:
    """Return the first circle, or an empty list."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def edges_of_modules(code: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    return {module: {target for target in imported(tree, code) if target != module} for module, tree in code.items()}


def edges_of_siblings(code: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Return who imports whom among the children of each package: what one contains counts as its own."""
    edges: dict[str, set[str]] = defaultdict(set)
    for module, targets in edges_of_modules(code).items():
        for target in targets:
            here, there = siblings(module, target)
            if here:
                edges[here].add(there)
    return edges


def python_files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def retired_words() -> dict[str, str]:
    """Return the words that no file is named by any more, and what to use instead, from the glossary's last table."""
    _, _, table = GLOSSARY.read_text(encoding="utf-8").partition("## Retired words")
    rows = [line.strip("| \n").split("|") for line in table.splitlines() if line.startswith("|")][2:]
    return {row[0].strip(" `"): row[1].strip() for row in rows}


def parsed(**sources: str) -> dict[str, ast.Module]:
    """Return a house of a few modules, whose names are written with two underscores for a dot."""
    return {name.replace("__", "."): ast.parse(source) for name, source in sources.items()}


def test_no_circle_of_modules() -> None:
    assert circle(edges_of_modules(CODE)) == []


def test_no_circle_of_packages() -> None:
    assert circle(edges_of_siblings(CODE)) == []


@pytest.mark.parametrize(
    "source", ["import a.x", "def late():\n    from a import x", "if TYPE_CHECKING:\n    from a.x import X"]
)
def test_a_circle_is_found(source: str) -> None:
    assert set(circle(edges_of_modules(parsed(a__x="from a.y import Y", a__y=source)))) == {"a.x", "a.y"}


def test_a_circle_of_packages_is_found_where_no_two_modules_form_one() -> None:
    packages = parsed(a__p__one="from a.q.one import X", a__q__one="", a__q__two="import a.p.two", a__p__two="")
    assert circle(edges_of_modules(packages)) == []
    assert set(circle(edges_of_siblings(packages))) == {"a.p", "a.q"}


def test_no_folder_is_too_full() -> None:
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in python_files())
    assert {folder: count for folder, count in counts.items() if count > FILES_AT_MOST} == {}


def test_no_file_is_named_like_a_module_of_python() -> None:
    taken = {*sys.stdlib_module_names, *dir(builtins)}
    names = [path for path in python_files() if not path.stem.startswith("__")]
    assert [path.relative_to(ROOT).as_posix() for path in names if path.stem in taken] == []


def test_no_class_name_twice_in_core() -> None:
    places = defaultdict(list)
    for module, tree in CODE.items():
        if module.startswith("core."):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_retired_words_are_in_no_file_name() -> None:
    retired = retired_words()
    assert len(retired) > 20
    words = {path: set(path.stem.removeprefix("test_").split("_")) for path in python_files()}
    assert {dotted(path): found for path, those in words.items() if (found := those & retired.keys())} == {}


def test_every_package_says_what_it_holds() -> None:
    packages = [path for path in python_files() if path.name == "__init__.py"]
    silent = [dotted(path) for path in packages if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []
