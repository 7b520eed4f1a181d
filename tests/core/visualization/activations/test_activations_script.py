"""The program that a person can download runs as it is, and computes exactly what the page shows."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.architectures.loading import load
from core.datasets.sample_images import sample
from core.images.picture import Picture, decode
from core.paths import ROOT
from core.visualization.activations.activation_capture import capture
from core.visualization.activations.drawing import draw_grid
from core.visualization.activations.grid import GridView, arrange
from core.visualization.activations.script import ScriptRequest, write_script
from core.visualization.predictions import top_classes
from tests.core import pictures

VIEW = GridView(order="mean", normalisation="fixed", limit=1 / 3, page=1)
REQUEST = ScriptRequest(
    sample="chelsea",
    file_name="chelsea.png",
    backbone="tiny_resnet",
    weights="untrained",
    seed=7,
    fit="crop",
    layer="stage1.block1.conv1.norm",
    view=VIEW,
    caption="Tiny ResNet (untrained) · stage1.block1.conv1.norm · 16×64×64 · chelsea.png",
    range_label="-0.333 … 0.333",
)
UPLOAD = replace(REQUEST, sample=None, file_name="mine.jpg", fit="letterbox", seed=1, layer="stage4.block2.relu")
PHOTOGRAPH = pictures.save(pictures.photograph(90, 130), "PNG")
ODD_UPLOAD = replace(
    UPLOAD,
    file_name='it\'s "mine" {0} \\n 日本.png',
    caption="line one\nline 'two' {0} \\",
    range_label='"""',
)
ODD = {
    "apostrophe": "it's.png",
    "quotes": 'say "hi".png',
    "end of docstring": '""" + open("pwned", "w").write("1") + """.png',
    "end of string": "''' + str(open('pwned', 'w')) + '''.png",
    "backslash": "\\",
    "escapes": "back\\slash\\n\\x41\\u0041\\N{DASH}\\",
    "braces": "{picture} {0} {{}} }{",
    "percent": "%s %(name)s %",
    "lines": "two\nlines\r\nimport os\x0c\x85\u2028\u2029",
    "control": "tab\tnull\x00bell\x07",
    "unicode": "日本語 🐱 é\u0301 \u202e\ufeff",
    "surrogate": "\ud800 alone",
    "shell": "$(touch pwned) `touch pwned` ; rm -rf x",
    "nothing": "",
    "long": "x" * 2000,
}


@dataclass(frozen=True)
class Run:
    """A program that has run in a folder where nothing but its own files lies, and what it printed."""

    request: ScriptRequest
    folder: Path
    printed: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Return two programs' runs, of a sample and of an uploaded file; side by side, for each imports PyTorch."""
    upload = tmp_path_factory.mktemp("upload")
    (upload / ODD_UPLOAD.file_name).write_bytes(PHOTOGRAPH)
    folders = {"sample": (REQUEST, tmp_path_factory.mktemp("sample")), "upload": (ODD_UPLOAD, upload)}
    started = {name: start(write_script(request), folder) for name, (request, folder) in folders.items()}
    return {name: Run(*folders[name], finish(process)) for name, process in started.items()}


def start(program: str, folder: Path) -> subprocess.Popen[str]:
    (folder / "activations.py").write_text(program, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-W", "error::SyntaxWarning", "activations.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Return what a program has printed, once it has ended well."""
    try:
        printed, complaints = process.communicate(timeout=100)
    finally:
        process.kill()
    assert (process.returncode, complaints) == (0, "")
    return printed


def assert_reproduces(run: Run, picture: Picture) -> None:
    """Check what the program printed and wrote against what the page computes."""
    request, folder = run.request, run.folder
    backbone = load(request.backbone, request.weights, request.seed)
    activations = capture(backbone, picture, request.fit)  # type: ignore[arg-type]
    maps = activations.maps(request.layer)
    with np.load(folder / "activations.npz") as written:
        assert sorted(written) == ["logits", "maps"]
        assert np.array_equal(written["maps"], maps)
        assert np.array_equal(written["logits"], activations.logits)
    with Image.open(folder / "activations.png") as drawn:
        expected = draw_grid(arrange(maps, request.view), request.caption, request.range_label)
        assert drawn.mode == expected.mode
        assert np.array_equal(np.asarray(drawn), np.asarray(expected))
    (best, *_rest) = top_classes(activations.logits, backbone.class_names)
    lines = run.printed.splitlines()
    assert len(lines) == 6
    assert lines[0].split() == [f"{best.probability:.2%}", *best.label.split()]
    assert lines[-1] == f"{request.layer} channels × height × width: {maps.shape}"


def test_it_reproduces_the_view_of_a_sample(runs: dict[str, Run]) -> None:
    assert_reproduces(runs["sample"], sample("chelsea"))


def test_it_reproduces_the_view_of_an_uploaded_file_of_an_odd_name(runs: dict[str, Run]) -> None:
    assert_reproduces(runs["upload"], decode(PHOTOGRAPH, ODD_UPLOAD.file_name))


def test_it_writes_what_it_says_and_nothing_else(runs: dict[str, Run]) -> None:
    written = {"activations.py", "activations.png", "activations.npz"}
    assert {path.name for path in runs["sample"].folder.iterdir()} == written
    assert {path.name for path in runs["upload"].folder.iterdir()} == {*written, ODD_UPLOAD.file_name}


# --- names of any kind ------------------------------------------------------------------------------------------------


def blank(program: str) -> str:
    """Return what a program does, whatever stands in its strings."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def strings(program: str) -> list[str]:
    constants = [node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)]
    return [value for value in constants if isinstance(value, str)]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("part", ["file_name", "caption", "range_label", "layer", "backbone"])
@pytest.mark.filterwarnings("error::SyntaxWarning")
def test_an_odd_name_stays_a_string(part: str, odd: str) -> None:
    """It is in the program to the letter, and the program does the same as with any other."""
    program = write_script(replace(UPLOAD, **{part: odd}))
    assert odd in strings(program)
    assert blank(program) == blank(write_script(UPLOAD))


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_program_can_be_saved_as_a_file(odd: str) -> None:
    """The download is UTF-8, which has no lone surrogates."""
    program = write_script(replace(UPLOAD, file_name=odd, caption=odd))
    assert ast.dump(ast.parse(program.encode("utf-8"))) == ast.dump(ast.parse(program))


# --- what it looks like -----------------------------------------------------------------------------------------------


REQUESTS = {
    "sample": REQUEST,
    "upload": UPLOAD,
    "imagenet": replace(REQUEST, backbone="resnet18", weights="imagenet", layer="layer1.0.conv1"),
    "imagenet upload": replace(UPLOAD, backbone="resnet18", weights="imagenet", layer="layer1.0.conv1"),
}
each_request = pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)


def called(program: str) -> list[str]:
    """Return the names of the functions that a program calls."""
    calls = [node.func for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)]
    return [function.id for function in calls if isinstance(function, ast.Name)]


@each_request
def test_it_passes_our_own_linter(request_: ScriptRequest, tmp_path: Path) -> None:
    """Imports sorted, nothing unused, nothing undefined."""
    (tmp_path / "activations.py").write_text(write_script(request_), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I,W,UP", "--ignore", "E501"]
    finished = subprocess.run(
        [*command, "--output-format", "json", "--config", f"src = [{str(ROOT)!r}]", "activations.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [(found["code"], found["message"]) for found in json.loads(finished.stdout)] == []


@each_request
def test_imports_are_sorted_each_once_and_there(request_: ScriptRequest) -> None:
    imports = [node for node in ast.parse(write_script(request_)).body if isinstance(node, ast.ImportFrom)]
    modules = [node.module or "" for node in imports]
    assert len(modules) >= 6
    assert modules == sorted(set(modules))
    for node in imports:
        assert all(hasattr(importlib.import_module(node.module or ""), alias.name) for alias in node.names)


@each_request
def test_it_fetches_weights_only_where_they_are_needed(request_: ScriptRequest) -> None:
    names = called(write_script(request_))
    assert names.count("fetch") == names.count("weights_file") == (request_.weights == "imagenet")
    assert names.count("load") == names.count("capture") == names.count("draw_grid") == 1
    assert ("sample" in names, "decode" in names) == (request_.sample is not None, request_.sample is None)


@each_request
def test_it_asks_for_nothing_but_core_and_numpy(request_: ScriptRequest) -> None:
    tree = ast.parse(write_script(request_))
    tops = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    tops |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert tops == {"core", "numpy"}


@pytest.mark.parametrize(
    "view",
    [
        GridView(),
        GridView(order="sparsity", normalisation="channel", page=4),
        GridView(normalisation="fixed", limit=1 / 3),
    ],
)
def test_the_view_is_in_it_to_the_last_digit(view: GridView) -> None:
    tree = ast.parse(write_script(replace(REQUEST, view=view)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (call,) = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "GridView"]
    assert GridView(**{keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}) == view
