"""Draws the house from its imports into docs/architecture.md: `python -m tests.contracts.architecture`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from tests.contracts.source import ROOT, imports, modules

PAGE = ROOT / "docs" / "architecture.md"
START = "<!-- {name}: written by `python -m tests.contracts.architecture` -->\n"
END = "<!-- end of {name} -->\n"

CODE = modules("app.py", "convscope", "pages", "core")
DOORS = ("convscope", "app")
TOPICS = ("visualization", "optimization", "transfer", "augmentation")
COMPONENTS, ARCHITECTURES, SHARED = "pages.components", "core.architectures", "core"


def pages() -> list[str]:
    """Return the pages: the folders of pages/ with a page.py."""
    return [f"pages.{path.parent.name}" for path in sorted((ROOT / "pages").glob("*/page.py"))]


def part(module: str) -> str:
    """Return the part of the house in which a module lives: one box of the drawing."""
    parts = module.split(".")
    if parts[0] == "core":
        return ".".join(parts[:2]) if parts[1:2] and parts[1] in ("architectures", *TOPICS) else SHARED
    return parts[0] if parts[0] in DOORS else ".".join(parts[:2])


def child(module: str, of: str) -> str:
    """Return the sub-package or module directly in the part `of` that a module is or belongs to; "" for itself."""
    return module.removeprefix(of).removeprefix(".").partition(".")[0]


@functools.cache
def edges() -> frozenset[tuple[str, str]]:
    """Return each pair of modules of which the first imports the second, lazily or for types only too."""
    return frozenset(
        (module, found.target) for module, tree in CODE.items() for found in imports(tree, CODE) if found.target in CODE
    )


def children(of: str) -> dict[str, set[str]]:
    """Return what stands directly in a part, each with what of it it imports."""
    inside: dict[str, set[str]] = {child(module, of): set() for module in CODE if part(module) == of}
    for module, target in edges():
        if part(module) == part(target) == of and child(module, of) != child(target, of):
            inside[child(module, of)].add(child(target, of))
    inside.pop("", None)
    return {name: targets - {""} for name, targets in inside.items()}


def order(inside: Mapping[str, set[str]]) -> list[str]:
    """Return names so that each imports only from those after it. Raises `graphlib.CycleError` where that cannot be."""
    sorter = TopologicalSorter({name: sorted(targets) for name, targets in sorted(inside.items())})
    sorter.prepare()
    found: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        found += ready
        sorter.done(*ready)
    return found[::-1]


def drawing() -> str:
    """Return the drawing in Mermaid; arrows lead from who imports to what is imported."""
    topics = [f"core.{topic}" for topic in TOPICS]
    floors = {
        "pages, a folder each": pages(),
        "what pages share": [COMPONENTS],
        "topics, which never import one another": topics,
        "networks": [ARCHITECTURES],
        "what all of core shares": [SHARED],
    }
    lines = ["```mermaid", "flowchart TD", *(f"    {_box(name)}" for name in DOORS)]
    for number, (title, parts) in enumerate(floors.items()):
        lines.append(f'    subgraph floor{number}["{title}"]')
        lines += [f"        {_box(name)}" for name in parts]
        lines.append("    end")
    lines.append("    convscope -.->|serves| app")
    lines += [f"    app -.->|opens| {_id(page)}" for page in pages()]
    lines += [f"    {_id(above)} --> {_id(below)}" for above, below in arrows()]
    return "\n".join([*lines, "```"]) + "\n"


def arrows() -> list[tuple[str, str]]:
    """Return which part imports which; arrows to the shared part are left out but for the floor right above it."""
    found = {(part(module), part(target)) for module, target in edges()}
    return sorted(
        (above, below) for above, below in found if above != below and (below != SHARED or above == ARCHITECTURES)
    )


def contents() -> str:
    """Return the table of what each part consists of, in the order of its imports."""
    lines = ["| part | its sub-packages and modules; each imports only from those after it |", "| --- | --- |"]
    parts = ["convscope", *pages(), COMPONENTS, *(f"core.{topic}" for topic in TOPICS), ARCHITECTURES, SHARED]
    lines += [f"| `{name}` | {_listed(order(children(name)))} |" for name in parts]
    return "\n".join(lines) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _id(name: str) -> str:
    return name.replace(".", "_")


def _box(name: str) -> str:
    return f'{_id(name)}["{"app.py" if name == "app" else name}"]'


PARTS = {"drawing": drawing, "contents": contents}


def renewed(text: str) -> str:
    """Return the page's `text` with the drawing and the table as they have to be today."""
    for name, write in PARTS.items():
        before, rest = text.split(START.format(name=name))
        end = END.format(name=name)
        text = before + START.format(name=name) + write() + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
