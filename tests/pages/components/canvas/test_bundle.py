"""The modules of a component become one script, each in a scope of its own; what is not understood is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pages.components.canvas import FOLDER
from pages.components.canvas.bundle import ModuleError, bundle, collect

MODULES = sorted(FOLDER.glob("*/*.js"))
ENTRIES = [path for path in MODULES if path.stem == path.parent.name]
EVERY = pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
ENTRY = "import { twice } from './twice.js';\nexport default function mount() {\n  return twice(2);\n}\n"
TWICE = "export function twice(x) {\n  return 2 * x;\n}\n"


def written(folder: Path, sources: Mapping[str, str]) -> Path:
    """Write modules; return the first one."""
    for name, source in sources.items():
        (folder / name).write_text(source, encoding="utf-8")
    return folder / next(iter(sources))


def test_each_module_has_a_scope_of_its_own_and_stands_after_what_it_needs(tmp_path: Path) -> None:
    whole = bundle(written(tmp_path, {"mount.js": ENTRY, "twice.js": TWICE}))
    assert whole.index("function twice") < whole.index("function mount")
    assert whole.count("= (() => {\n") == 2
    assert whole.endswith("export default $module1.mount;\n")
    assert "\nimport" not in whole


def test_a_module_that_two_others_need_is_in_it_once(tmp_path: Path) -> None:
    sources = {
        "mount.js": "import { left } from './left.js';\nimport { twice } from './twice.js';\n"
        "export default function mount() {\n  return left + twice(2);\n}\n",
        "left.js": "import { twice } from './twice.js';\nexport const left = twice(1);\n",
        "twice.js": TWICE,
    }
    assert bundle(written(tmp_path, sources)).count("function twice") == 1


def test_comments_and_indentation_stay_behind(tmp_path: Path) -> None:
    source = (
        "// @ts-check\n/**\n * @param {number} x\n */\nexport default function mount(x) {\n  // said\n  return x;\n}\n"
    )
    whole = bundle(written(tmp_path, {"mount.js": source}))
    assert "@" not in whole
    assert "said" not in whole
    assert "\nreturn x;\n" in whole


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"mount.js": ENTRY}, "twice.js: there is no such module"),
        ({"mount.js": ENTRY, "twice.js": "export const other = 1;\n"}, "twice.js does not export twice"),
        ({"mount.js": TWICE}, "mount.js: nothing is exported by default"),
        (
            {
                "mount.js": "export const one = 1;\n" + ENTRY,
                "twice.js": "import { one } from './mount.js';\n" + TWICE,
            },
            "import one another",
        ),
        ({"mount.js": "import * as all from './twice.js';\n" + TWICE}, "not understood: import"),
        ({"mount.js": "export * from './twice.js';\n"}, "not understood: export"),
        ({"mount.js": "export default () => import('./twice.js');\n"}, "not understood: export"),
        ({"mount.js": "const later = () => import('./twice.js');\n" + TWICE}, "not understood: import("),
        ({"mount.js": "export default function mount() {\n  return `two\nlines`;\n}\n"}, "several lines"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, sources: Mapping[str, str], said: str) -> None:
    with pytest.raises(ModuleError) as caught:
        bundle(written(tmp_path, sources))
    assert said in str(caught.value)


@EVERY
def test_each_module_is_checked_and_needed_by_a_component(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("// @ts-check\n// "), "its types, then what it does"
    assert any(path in collect(entry) for entry in ENTRIES), "no component imports it"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.stem)
def test_a_component_takes_modules_of_its_own_folder_and_shared_ones(entry: Path) -> None:
    assert {path.parent for path in collect(entry)} <= {entry.parent, FOLDER / "shared"}
