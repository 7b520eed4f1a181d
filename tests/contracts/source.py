"""The project's own source as the contract tests read it: modules by dotted name, parsed, with what each imports."""

from __future__ import annotations

import ast
import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.paths import ROOT

WAITING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Import:
    """One import: what is imported, its line, whether it waits inside a function, whether only types need it."""

    target: str
    line: int
    lazy: bool
    typing_only: bool


@functools.cache
def modules(*places: str) -> Mapping[str, ast.Module]:
    """Return the modules in these files and folders of the project, parsed, by dotted name."""
    paths = sorted(
        path for index in places for path in (ROOT.glob(f"{index}/**/*.py") if "." not in index else [ROOT / index])
    )
    return {dotted(path): ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in paths}


def dotted(path: Path) -> str:
    """Return the dotted name of the module at `path`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module, known: Collection[str]) -> Iterator[Import]:
    """Yield every import; `from package import module` names the module where `known`, dotted names, contains it."""
    yield from _imports(tree, known, lazy=False, typing_only=False)


def _imports(node: ast.AST, known: Collection[str], *, lazy: bool, typing_only: bool) -> Iterator[Import]:
    yield from (Import(target, getattr(node, "lineno", 0), lazy, typing_only) for target in _targets(node, known))
    lazy = lazy or isinstance(node, WAITING)
    guarded = node.body if isinstance(node, ast.If) and name_of(node.test) == "TYPE_CHECKING" else []
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, known, lazy=lazy, typing_only=typing_only or child in guarded)


def _targets(node: ast.AST, known: Collection[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(package), names=names, level=0):
            full = [f"{package}.{alias.name}" for alias in names]
            yield from sorted({name if name in known else package for name in full})
        case ast.ImportFrom():
            yield "a relative import"
        case ast.Call(func=function, args=[ast.Constant(value=str(target)), *_]):
            if name_of(function) in ("import_module", "__import__"):
                yield target


def name_of(node: ast.expr) -> str:
    """Return the last word of a name or an attribute, or an empty string."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
