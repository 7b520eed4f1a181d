"""The house keeps its borders: who imports whom, and the few things that only one place may do.

A rule reads one parsed module and yields its breaches. Each carries planted breaches, so that it is known to bite.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from core.paths import ROOT
from tests.contracts.source import imports, modules, name_of

Breaches = Iterator[tuple[int, str]]
Rule = Callable[[str, ast.Module], Breaches]

CODE = modules("app.py", "pages", "core")
TOPICS = ("visualization", "optimization", "transfer", "augmentation")
SCREEN = ("streamlit", "plotly")
NETWORKS = ("torch", "torchvision", "timm")
CHOICES = ("selectbox", "multiselect", "radio", "segmented_control", "pills", "select_slider")
OPERATORS = "core.torchvision_compat"

# Importing these costs a second or more, or memory that a light page has no use for.
HEAVY = {*NETWORKS, "pandas", "sklearn", "skimage", "plotly", "matplotlib", "scipy"}
LIGHT = (
    *(name for name in CODE if name.startswith("pages.components")),
    "core.architectures.zoo.backbones",
    "core.compute",
    "core.images.picture",
    "core.jobs.runner",
    "core.jobs.worker",
    "core.datasets.sample_images",
)

RULES: dict[str, Rule] = {}
PLANTED: list[tuple[str, str, str]] = []


def breach(module: str, source: str) -> Callable[[Rule], Rule]:
    """Register a rule, with a source that breaks it if it stood in `module`."""

    def register(rule: Rule) -> Rule:
        RULES[rule.__name__] = rule
        PLANTED.append((rule.__name__, module, source))
        return rule

    return register


def part(module: str) -> str:
    """Return the part of the house in which a module lives, or an empty string for what is not of the house."""
    match module.split("."):
        case ["pages", folder, *_]:
            return f"pages.{folder}"
        case ["core", topic, *_] if topic in ("architectures", *TOPICS):
            return f"core.{topic}"
        case ["app" | "pages" | "core" | "tests" as name, *_]:
            return name
    return ""


def floor(module: str) -> int:
    """Return how high in the house a module lives: shared core, architectures, topics, components, pages, app."""
    floors = {"core": 0, "core.architectures": 1, "pages.components": 3, "app": 5, "tests": 6}
    return floors.get(part(module), 2 if part(module).startswith("core.") else 4)


def top(module: str) -> str:
    return module.partition(".")[0]


def mentions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield every name that is read, called, passed or imported, without what stands before its last dot."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute() | ast.Name():
                yield node.lineno, name_of(node)
            case ast.alias(name=name) | ast.keyword(arg=str(name)):
                yield node.lineno, name.rpartition(".")[2]
            case ast.Constant(value=str(name)):
                yield node.lineno, name


# --- The rules -------------------------------------------------------------------------------------------------------


@breach("core.images.picture", "from core.architectures.graph import tracing")
@breach("core.images.picture", "def late():\n    from core.architectures.graph import tracing")
@breach("core.architectures.graph.tracing", "from core.visualization import grid")
@breach("core.optimization.surface_race.race", "from core.visualization.activations.grid import Grid")
@breach("core.transfer.advisor", "if TYPE_CHECKING:\n    from core.augmentation import effects")
@breach("core.jobs.runner", "importlib.import_module('core.transfer.data')")
@breach("core.visualization.activations.grid", "import pages.components.canvas")
@breach("core.compute", "def late():\n    from core.architectures.graph import tracing")
@breach("pages.components.figures.optimizers", "from pages.visualization import numbers")
@breach("pages.augmentation.page", "from pages.visualization.numbers import range_text")
@breach("pages.components.state.url_state", "import app")
@breach("pages.components.state.url_state", "from . import words")
@breach("app", "from tests.core import pictures")
def imports_go_down(module: str, tree: ast.Module) -> Breaches:
    for found in imports(tree, CODE):
        if not (part(found.target) in ("", part(module)) or floor(found.target) < floor(module)):
            yield found.line, f"{part(module)} may not import {found.target}"
        elif found.target == "a relative import":
            yield found.line, "write the module's full name"


@breach("core.visualization.activations.grid", "import streamlit as st")
@breach("core.visualization.activations.grid", "if TYPE_CHECKING:\n    from plotly import graph_objects")
def core_knows_no_screen(module: str, tree: ast.Module) -> Breaches:
    for found in imports(tree, CODE):
        if top(module) == "core" and top(found.target) in SCREEN:
            yield found.line, f"{found.target} belongs to pages/"


@breach("pages.components.caches.shared", "def load():\n    import torch")
@breach("pages.visualization.page", "if TYPE_CHECKING:\n    from torch import Tensor")
@breach("app", "from torchvision.models import resnet18")
def pages_know_no_networks(module: str, tree: ast.Module) -> Breaches:
    for found in imports(tree, CODE):
        if top(module) in ("app", "pages") and top(found.target) in NETWORKS:
            yield found.line, f"{found.target} belongs to core/"


@breach("core.transfer.data", "def data():\n    from torchvision import datasets")
@breach("core.architectures.loading", "import timm\nfrom core import torchvision_compat")
def torchvision_is_made_importable_first(module: str, tree: ast.Module) -> Breaches:
    found = [each for each in imports(tree, CODE) if not each.typing_only]
    users = [each.line for each in found if top(each.target) in ("torchvision", "timm")]
    makers = [each.line for each in found if each.target == OPERATORS]
    if users and min(users) < min(makers, default=sys.maxsize):
        yield min(users), f"import {OPERATORS} before torchvision and timm"


@breach("core.jobs.runner", "print('step')")
@breach("core.jobs.runner", "from pprint import pprint")
def core_does_not_print(module: str, tree: ast.Module) -> Breaches:
    for line, name in mentions(tree):
        if top(module) == "core" and name in ("print", "pprint"):
            yield line, "core reports by results and events"


@breach("core.visualization.saliency", "tensor.register_hook(keep)")
@breach("core.optimization.surface_race.race", "from torch.nn.modules.module import register_module_forward_hook")
@breach("core.architectures.graph.capture", "handle = model.register_full_backward_hook(keep)")
def hooks_are_borrowed(module: str, tree: ast.Module) -> Breaches:
    for line, name in mentions(tree):
        if module != "core.hooks" and re.fullmatch(r"register_(\w+_)?hook", name):
            yield line, f"{name}: hooks are registered through core.hooks.borrow only"


@breach("pages.visualization.page", "@st.cache_data(max_entries=3)\ndef picture(): ...")
@breach("app", "from streamlit import cache_resource")
def caches_are_in_one_place(module: str, tree: ast.Module) -> Breaches:
    for line, name in mentions(tree):
        if not module.startswith("pages.components.caches.") and name in ("cache_data", "cache_resource"):
            yield line, f"st.{name} belongs to a topic's file in pages/components/caches"


@breach("pages.visualization.maps.section", "st.selectbox(label, options)")
@breach("pages.architectures.builder", "cells[0].radio(label, options)")
@breach("pages.components.header", "from streamlit import pills")
@breach("pages.components.header", "first, second = st.tabs(titles)")
def choices_are_drawn_in_one_place(module: str, tree: ast.Module) -> Breaches:
    for line, name in mentions(tree):
        if module != "pages.components.inputs.choices" and name in CHOICES:
            yield (
                line,
                f"st.{name} sends a label, which changes with the language: pages.components.inputs.choices keeps it",
            )
    for node in ast.walk(tree):
        is_tabs = isinstance(node, ast.Attribute) and node.attr == "tabs" and name_of(node.value) == "st"
        if module != "pages.components.inputs.choices" and is_tabs:
            yield (
                node.lineno,
                "st.tabs forgets the open one where titles change: pages.components.inputs.choices keeps it",
            )


@breach("pages.components.header", "st.markdown(text, unsafe_allow_html=True)")
@breach("pages.components.header", "st.markdown(text, **{'unsafe_allow_html': True})")
def markdown_holds_no_html(module: str, tree: ast.Module) -> Breaches:
    for line, name in mentions(tree):
        if name == "unsafe_allow_html":
            yield line, "with unsafe_allow_html, the name of an uploaded file can become part of the page"


@breach("pages.components.i18n", "gettext.install('convscope')")
@breach("pages.components.i18n", "translation('es').install()")
@breach("pages.components.i18n", "from gettext import install")
def words_are_nobodys_builtins(module: str, tree: ast.Module) -> Breaches:
    for line, name in mentions(tree):
        if top(module) in ("app", "pages") and name == "install":
            yield line, "gettext's install makes one person's language everybody's"


@breach("pages.visualization.network_input", "st.image('assets/photograph.png')")
@breach("pages.visualization.network_input", "column.image(f'{folder}/{name}')")
@breach("pages.visualization.network_input", "st.image(image=['a.png', 'b.png'])")
def pictures_are_not_opened_by_name(module: str, tree: ast.Module) -> Breaches:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "image":
            shown = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "image")]
            shown += [item for each in shown if isinstance(each, ast.List | ast.Tuple) for item in each.elts]
            if any(isinstance(each, ast.JoinedStr | ast.Constant) for each in shown):
                yield node.lineno, "st.image takes a decoded picture, never a path or an address"


@pytest.mark.parametrize("name", RULES)
def test_rule_holds(name: str) -> None:
    found = [(module, *each) for module, tree in CODE.items() for each in RULES[name](module, tree)]
    assert not found, "\n".join(f"{module}, line {line}: {what}" for module, line, what in found)


@pytest.mark.parametrize(("name", "module", "source"), PLANTED)
def test_rule_bites(name: str, module: str, source: str) -> None:
    assert list(RULES[name](module, ast.parse(source)))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app", "import streamlit as st\nfrom core.compute import prepare\nfrom pages.components.i18n import _"),
        (
            "pages.visualization.page",
            "from core.visualization.activations.grid import Grid\nst.image(thumbnail(picture))",
        ),
        ("pages.visualization.page", "from pages.visualization import numbers\nfrom pages.components import cache"),
        ("pages.components.caches.shared", "@st.cache_resource\ndef models(): ..."),
        ("core.compute", "def prepare():\n    from core import torchvision_compat"),
        ("core.architectures.loading", "from core import torchvision_compat\nimport timm, torchvision"),
        ("core.architectures.zoo.tiny", "import torch\nself.register_buffer('mean', mean)"),
        ("core.hooks", "module.register_forward_hook(callback)"),
    ],
)
def test_rules_leave_sound_code_alone(module: str, source: str) -> None:
    assert not [name for name, rule in RULES.items() if list(rule(module, ast.parse(source)))]


# --- The pages -------------------------------------------------------------------------------------------------------


def test_no_file_beside_the_pages() -> None:
    """A file directly in pages/ makes Streamlit answer a deep link on a cold server without app.py."""
    assert [path.name for path in (ROOT / "pages").glob("*.py")] == ["__init__.py"]


def test_each_folder_is_a_page() -> None:
    folders = {path.name for path in (ROOT / "pages").iterdir() if path.is_dir()} - {"components", "__pycache__"}
    assert folders == {path.parent.name for path in (ROOT / "pages").glob("*/page.py")}


def test_light_modules_stay_light() -> None:
    """Streamlit itself imports Plotly where that is installed; what matters is what ConvScope adds to it."""
    code = (
        "import sys, streamlit; before = set(sys.modules); "
        f"import {', '.join(LIGHT)}; print(*{HEAVY} & (sys.modules.keys() - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [], "imported by a module that has to stay light"
