"""What is installed is what was tested: every import declared, every line pinned, every pin needed and in use."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from convscope import __version__
from core.paths import ROOT
from tests.contracts.source import imports, modules

RUN, TEST, BENCH = "requirements.txt", "requirements-dev.txt", "requirements-bench.txt"
BENCH_ONLY = {"lucent": ["torch-lucent"]}  # by what is imported: it need not be installed here
DIVIDER = "# --- needed by the above ---"
PINNED = re.compile(r"[A-Za-z0-9.-]+==[0-9][A-Za-z0-9.]*( *; [^#]+)?( +# .+)?")
CUDA = re.compile(r"(nvidia|cuda)-.*|triton")  # the usual build of torch brings these along and pins them itself


def lines(file: str, *, direct: bool | None = None) -> list[str]:
    """Return the lines that name packages, of both parts of the file or of one."""
    above, below = (ROOT / file).read_text(encoding="utf-8").split(DIVIDER)
    chosen = {True: above, False: below, None: above + below}[direct].splitlines()
    return [line for line in chosen if line.strip() and not line.startswith(("#", "-r"))]


def pins(*files: str, direct: bool | None = None) -> Mapping[str, Requirement]:
    """Return what the files pin for this computer, by the package's canonical name."""
    found = [Requirement(line.partition(" #")[0]) for file in files for line in lines(file, direct=direct)]
    return {canonicalize_name(each.name): each for each in found if each.marker is None or each.marker.evaluate()}


def third_party(*places: str) -> Iterator[tuple[str, str]]:
    """Yield each import of something that is neither Python's nor the project's own, and the module that does it."""
    own = {"app", "convscope", "core", "pages", "tests", *(path.stem for path in (ROOT / "tests").rglob("*.py"))}
    for module, tree in modules(*places).items():
        for found in imports(tree, ()):
            package = found.target.partition(".")[0]
            if package not in own and package not in sys.stdlib_module_names:
                yield package, module


@pytest.mark.parametrize(
    ("places", "files"), [(("app.py", "pages", "core", "convscope"), (RUN,)), (("tests",), (RUN, TEST, BENCH))]
)
def test_every_import_is_a_direct_dependency(places: tuple[str, ...], files: tuple[str, ...]) -> None:
    declared, packages = pins(*files, direct=True), metadata.packages_distributions() | BENCH_ONLY
    missing = {
        f"{package} (imported by {module})"
        for package, module in third_party(*places)
        if not {canonicalize_name(name) for name in packages.get(package, [package])} & declared.keys()
    }
    assert not missing, f"to be declared above the divider of {' or '.join(files)}: {sorted(missing)}"


@pytest.mark.parametrize("file", [RUN, TEST, BENCH])
def test_every_line_is_pinned(file: str) -> None:
    assert not [line for line in lines(file) if not PINNED.fullmatch(line)]


@pytest.mark.parametrize("file", [RUN, TEST, BENCH])
def test_each_package_is_named_once(file: str) -> None:
    assert len(lines(file)) == len({Requirement(line.partition(" #")[0]).name.lower() for line in lines(file)})


@pytest.mark.parametrize("files", [(RUN,), (RUN, TEST)])
def test_all_that_is_needed_is_pinned_and_no_more(files: tuple[str, ...]) -> None:
    needed: set[str] = set()
    waiting = list(pins(*files, direct=True))
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in needed and not CUDA.fullmatch(name):
            needed.add(name)
            wanted = [Requirement(text) for text in metadata.requires(name) or []]
            waiting += [each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    assert needed == pins(*files).keys()


def test_what_is_installed_is_what_is_pinned() -> None:
    """A local version, such as 2.13.0+cpu, satisfies the pin of its public one."""
    installed = {name: Version(metadata.version(name)) for name in pins(RUN, TEST)}
    assert not {
        name: str(installed[name]) for name, pin in pins(RUN, TEST).items() if installed[name] not in pin.specifier
    }


def project() -> dict[str, Any]:
    declared: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return declared


def test_the_project_names_what_is_pinned_as_direct() -> None:
    named = {canonicalize_name(each.name): each for each in map(Requirement, project()["dependencies"])}
    pinned = pins(RUN, direct=True)
    assert named.keys() == pinned.keys()
    for name, pin in pinned.items():
        (exact,) = pin.specifier
        assert exact.version in named[name].specifier, name


def test_the_version_is_one() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {__version__}\n" in citation
    assert f"## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "version" in project()["dynamic"]
