"""The notebooks in examples/ run from top to bottom, offline, and come to what their text says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from tests.contracts.source import ROOT

EXAMPLES = ROOT / "examples"
NOTEBOOKS = ("activations", "attribution", "race", "transfer")
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def read(name: str) -> Any:
    """Return a notebook."""
    return nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)


def run(name: str, **wanted: str) -> Mapping[str, Any]:
    """Return the values of these expressions, which JSON can hold, after a notebook has run in examples/."""
    content = read(name)
    values = ", ".join(f"{key!r}: {expression}" for key, expression in wanted.items())
    content.cells.append(nbformat.v4.new_code_cell(f"import json; print(json.dumps({{{values}}}))"))
    nbclient.NotebookClient(content, timeout=120, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
    found: Mapping[str, Any] = json.loads(content.cells[-1].outputs[0].text)
    return found


def test_every_notebook_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.ipynb")} == set(NOTEBOOKS)


@each_notebook
def test_notebook_is_sound_and_holds_no_outputs(name: str) -> None:
    content = read(name)
    nbformat.validate(content)
    assert (content.nbformat, content.nbformat_minor) == (4, 5)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert content.cells[0].source.startswith("# ")
    assert max(len(line) for cell in content.cells for line in cell.source.splitlines()) <= 130


@each_notebook
@pytest.mark.parametrize("folder", [ROOT, EXAMPLES])
def test_first_cell_finds_core(name: str, folder: Path) -> None:
    first = next(cell.source for cell in read(name).cells if cell.cell_type == "code")
    code = f"{first}\nimport core\nprint(core.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={"PATH": ""}, capture_output=True, text=True, timeout=60
    )
    assert Path(done.stdout.strip()) == ROOT / "core" / "__init__.py", done.stderr


def test_activations() -> None:
    found = run(
        "activations",
        first="answers[0].label",
        early="early.shape",
        late="late.shape",
        sparsity="[sparsity['stage 1'], sparsity['stage 4']]",
        difference="arithmetic.value - arithmetic.stored_value",
    )
    assert found["first"] == "cat"
    assert (found["early"], found["late"]) == ([16, 64, 64], [176, 8, 8])
    assert found["sparsity"][0] < found["sparsity"][1], "late layers are said to be more selective"
    assert abs(found["difference"]) < 1e-5


def test_attribution() -> None:
    found = run(
        "attribution",
        shapes="{name: found.maps.shape for name, found in evidence.items()}",
        insertion="{name: found.insertion_score for name, found in scores.items()}",
        correlation="correlation",
    )
    assert found["shapes"]["grad_cam"] == [1, 8, 8]
    assert found["shapes"]["occlusion"] == [1, 64, 64]
    assert found["insertion"]["grad_cam"] > found["insertion"]["random"], "a random order is said to be beaten"
    assert all(abs(value) < 0.9 for value in found["correlation"].values())


def test_race() -> None:
    found = run(
        "race",
        distance="{name: score.distance for name, score in result.scores.items()}",
        moved="(first_step / result.rates['adam']).tolist()",
        gradient="gradient.tolist()",
        accuracy="{found.optimizer: found.final_accuracy.middle for found in results}",
    )
    assert found["distance"]["momentum"] < found["distance"]["sgd"]
    signs = [-1.0 if slope > 0 else 1.0 for slope in found["gradient"]]
    assert found["moved"] == pytest.approx(signs, abs=1e-6), "each coordinate is said to move by the learning rate"
    assert min(found["accuracy"].values()) > 0.85


def test_transfer() -> None:
    found = run(
        "transfer",
        counts="diagnosis.counts",
        shares="sum(advice.shares.values())",
        accuracy="ranked[0].accuracy",
        kind="judgement.kind",
        classes="inference.logits.shape",
    )
    assert found["counts"] == [10, 10, 10, 10]
    assert found["shares"] == pytest.approx(1)
    assert found["accuracy"] > 0.8
    assert found["kind"] in ("best", "close", "undecided", "beaten")
    assert found["classes"] == [4]
