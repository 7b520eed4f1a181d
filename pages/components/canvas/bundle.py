"""Joins the ES modules of a component into the one script that the browser gets.

Streamlit hands a component's script to the browser as text, at no address that a relative import could start from, and
sends it along with each payload. So the modules are joined once, in the server, each in a scope of its own, and their
comments and indentation stay behind. Served at addresses instead, they would cost requests before the first drawing and
break where the app is mounted below another path. Of the forms of `import` and `export` only the few that the modules
use are understood; any other is refused when the app starts, rather than in a visitor's browser.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

IMPORT = re.compile(r"^import \{(?P<names>[^{}]*)\} from '(?P<path>\.\.?/[\w./]+\.js)';\n", re.MULTILINE)
EXPORT = re.compile(
    r"^export (?P<default>default )?(?:async function|function|class|const) (?P<name>\w+)\b", re.MULTILINE
)
EXPORT_SEVERAL = re.compile(r"^export const \[(?P<name>[\w, ]+)\] = ", re.MULTILINE)
NAME = re.compile(r"\w+")
STATEMENT = re.compile(r"^(?:import|export)\b[^\n]*", re.MULTILINE)
ELSEWHERE = re.compile(r"\bimport\s*[(.]")
COMMENT = re.compile(r"/\*\*.*?\*/[ \t]*\n?|^[ \t]*//[^\n]*\n", re.MULTILINE | re.DOTALL)
SPACE = re.compile(r"^\s+", re.MULTILINE)


class ModuleError(ValueError):
    """A module holds something that cannot be joined with others."""


@dataclass(frozen=True)
class Module:
    """A module: what it imports, names by file; the names it exports; its code without either, and without comments."""

    path: Path
    imports: dict[Path, tuple[str, ...]]
    exports: tuple[str, ...]
    default: str | None
    code: str


def bundle(entry: Path) -> str:
    """Return one module that exports what `entry` does by default. Raises `ModuleError`."""
    modules = collect(entry)
    _check(modules)
    start = modules[entry.resolve()]
    if start.default is None:
        raise ModuleError(f"{entry}: nothing is exported by default")
    order = _sorted(modules)
    names = {path: f"$module{number}" for number, path in enumerate(order)}
    scopes = "".join(_scope(modules[path], names) for path in order)
    return f"{scopes}export default {names[start.path]}.{start.default};\n"


def collect(entry: Path) -> dict[Path, Module]:
    """Return `entry` and all modules that it needs, by their path. Raises `ModuleError`."""
    found: dict[Path, Module] = {}
    waiting = [entry.resolve()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = read_module(path)
            waiting += found[path].imports
    return found


@functools.cache
def read_module(path: Path) -> Module:
    """Return a module as its file holds it. Raises `ModuleError` where that is not understood."""
    if not path.is_file():
        raise ModuleError(f"{path}: there is no such module")
    code = SPACE.sub("", COMMENT.sub("", path.read_text(encoding="utf-8")))
    if any(line.count("`") % 2 for line in code.splitlines()):
        raise ModuleError(f"{path}: a template that runs over several lines is not understood")
    imports: dict[Path, tuple[str, ...]] = {}
    exports: list[str] = []
    defaults: list[str] = []

    def take(match: re.Match[str]) -> str:
        source = (path.parent / match["path"]).resolve()
        imports[source] = (*imports.get(source, ()), *NAME.findall(match["names"]))
        return ""

    def give(match: re.Match[str]) -> str:
        (defaults if match.groupdict().get("default") else exports).extend(NAME.findall(match["name"]))
        return match[0].removeprefix("export ").removeprefix("default ")

    for form, reading in ((IMPORT, take), (EXPORT, give), (EXPORT_SEVERAL, give)):
        code = form.sub(reading, code)
    if strange := STATEMENT.search(code) or ELSEWHERE.search(code):
        raise ModuleError(f"{path}: not understood: {strange[0].strip()}")
    return Module(path, imports, tuple(exports), defaults[0] if defaults else None, code)


def _check(modules: dict[Path, Module]) -> None:
    for module in modules.values():
        for path, names in module.imports.items():
            if missing := set(names) - set(modules[path].exports):
                raise ModuleError(f"{module.path}: {path.name} does not export {', '.join(sorted(missing))}")


def _sorted(modules: dict[Path, Module]) -> list[Path]:
    """Return the paths of modules, each after those that it imports."""
    try:
        return list(TopologicalSorter({path: module.imports for path, module in modules.items()}).static_order())
    except CycleError as circle:
        raise ModuleError(f"modules import one another: {' -> '.join(path.name for path in circle.args[1])}") from None


def _scope(module: Module, names: dict[Path, str]) -> str:
    """Return a module as a function's scope of its own, whose value is what it exports."""
    taken = "".join(f"const {{ {', '.join(names_)} }} = {names[path]};\n" for path, names_ in module.imports.items())
    given = ", ".join([*module.exports, *([module.default] if module.default else [])])
    title = f"// {module.path.parent.name}/{module.path.name}\n"
    return f"{title}const {names[module.path]} = (() => {{\n{taken}{module.code}return {{ {given} }};\n}})();\n"
