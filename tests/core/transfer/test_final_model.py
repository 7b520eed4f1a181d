"""The strategy on all pictures: what is kept, what it says of another picture, and programs that repeat it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load

from core import torchvision_compat
from core.architectures.features import concatenate, extract_features, stage_ends
from core.architectures.loading import Backbone
from core.datasets.sample_images import sample
from core.errors import UserError
from core.paths import ROOT
from core.transfer.data.config import TransferConfig
from core.transfer.data.uploaded import UploadedDataset
from core.transfer.export.bundle import folder_name, needs_start, zip_bytes
from core.transfer.export.final_model import (
    FinalTrainingConfig,
    FinishedModel,
    evict_oldest,
    load_network,
    train_final_model,
    weights_of,
)
from core.transfer.export.inference import run_inference
from core.transfer.export.notebook import cells, notebook
from core.transfer.export.script import beginnings, write_script
from core.transfer.training import strategies
from core.transfer.training.fine_tuning import predict
from core.transfer.training.strategies import STRATEGIES, Plan
from core.transfer.training.transfer_network import stage_modules
from core.uploads.files import UploadedFile

READY = "from core import torchvision_compat; torchvision_compat.declare()"
"""Torchvision is not made for the build of torch that tests run with; a student's is."""
SETUP = TransferConfig(dataset="tissue", backbone="tiny_squeezenet", weights="embedded", per_class=6, seed=3)
PLANS = {
    "probe": Plan(strategy="probe", stage="stage 2"),
    "svm": Plan(strategy="svm", stage="stage 4"),
    "last_stages": Plan(strategy="last_stages", stage="stage 4"),
    "scratch": Plan(strategy="scratch"),
}


def finished(setup: TransferConfig, plan: Plan, folder: Path) -> FinishedModel:
    *_others, last = train_final_model(FinalTrainingConfig(setup=setup, plan=plan, folder=str(folder)))
    assert last.fraction == 1
    assert last.model is not None
    return last.model


@pytest.fixture(scope="module", autouse=True)
def few_epochs() -> Iterator[None]:
    """Training ends soon: what is compared is what two ways of doing the same come to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "EPOCHS_LEAST", 4)
        patch.setattr(strategies, "EPOCHS_MOST", 4)
        yield


@pytest.fixture(scope="module")
def start() -> Backbone:
    return SETUP.network()


@pytest.fixture(scope="module")
def models(few_epochs: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, FinishedModel]:
    folder = tmp_path_factory.mktemp("models")
    return {name: finished(SETUP, plan, folder) for name, plan in PLANS.items()}


def test_the_plans_are_of_all_kinds() -> None:
    assert {*PLANS, "all"} == set(STRATEGIES)


# What is kept


def test_the_same_assignment_gives_the_same_weights(models: dict[str, FinishedModel], tmp_path: Path) -> None:
    again = finished(SETUP, PLANS["last_stages"], tmp_path)
    assert again.digest == models["last_stages"].digest
    assert Path(again.path).parent == tmp_path
    other = finished(replace(SETUP, seed=4), PLANS["probe"], tmp_path)
    assert other.digest != models["probe"].digest


def test_what_is_frozen_is_in_the_file_bit_by_bit(models: dict[str, FinishedModel], start: Backbone) -> None:
    before = start.model.state_dict()
    for name, stages in {"probe": (), "last_stages": ("stage 4",)}.items():
        trained = [module for stage in stages for module in stage_modules(start)[stage]]
        tensors = load(weights_of(models[name]))
        frozen = {
            key.removeprefix("trunk."): tensor
            for key, tensor in tensors.items()
            if key.startswith("trunk.") and key.removeprefix("trunk.").rpartition(".")[0] not in trained
        }
        assert frozen
        assert all((tensor == before[key].numpy()).all() for key, tensor in frozen.items())


def test_a_network_is_read_back_and_answers_as_it_learned(models: dict[str, FinishedModel], start: Backbone) -> None:
    pictures = SETUP.prepared(start)
    for model in (models["probe"], models["svm"], models["last_stages"]):
        answers = predict(load_network(model, start), pictures.images, start.preprocessing).argmax(1)
        assert (answers == pictures.labels).mean() > 0.9


def test_weights_that_are_gone_are_said_to_be(models: dict[str, FinishedModel], start: Backbone) -> None:
    gone = replace(models["probe"], path="/nowhere/at.all")
    with pytest.raises(UserError, match="no longer kept"):
        load_network(gone, start)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be kept in"):
        finished(SETUP, PLANS["probe"], tmp_path / "missing")


def test_the_oldest_weights_go_first(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "older")):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    evict_oldest(tmp_path, 250)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["new", "old"]


# On another picture


@pytest.mark.parametrize("name", PLANS)
def test_the_evidence_adds_up_to_the_logit(models: dict[str, FinishedModel], start: Backbone, name: str) -> None:
    trial = run_inference(load_network(models[name], start), start.preprocessing, sample("retina"))
    assert trial.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert trial.ranking[0] == int(trial.logits.argmax())
    for label in range(4):
        evidence, added = trial.evidence(label), trial.contributions(label)
        assert evidence.shape == trial.maps.shape[1:]
        assert evidence.sum() + trial.biases[label] == pytest.approx(trial.logits[label], rel=1e-3, abs=1e-3)
        assert added.sum() + trial.biases[label] == pytest.approx(trial.logits[label], rel=1e-3, abs=1e-3)
        assert added[trial.strongest(label, 3)].tolist() == sorted(added.tolist(), reverse=True)[:3]
        assert trial.reach(label) == pytest.approx(np.abs(evidence).max())


# Programs that repeat it


def unpacked(model: FinishedModel, start: Backbone, folder: Path) -> Path:
    """Put all files of a model into a folder, as a student does."""
    with zipfile.ZipFile(io.BytesIO(zip_bytes(model, start, "<p>report</p>"))) as archive:
        archive.extractall(folder)
    return folder


def compared(model: FinishedModel, start: Backbone, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the logits of pictures that were not learned from, by the model and by what its program has made."""
    others = replace(SETUP, per_class=30, seed=9).prepared(start).images
    network = load_network(model, start)
    mine = predict(network, others, start.preprocessing)
    network.load_state_dict(torch.load(folder / "trained.pt"))
    return mine, predict(network, others, start.preprocessing)


def test_the_program_alone_repeats_the_training(
    models: dict[str, FinishedModel], start: Backbone, tmp_path: Path
) -> None:
    folder = unpacked(models["svm"], start, tmp_path)
    run = f"{READY}; import runpy; runpy.run_path('train.py', run_name='__main__')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", run], cwd=folder, env=environment, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    assert "24 pictures of 4 classes" in done.stdout
    mine, theirs = compared(models["svm"], start, folder)
    assert np.abs(mine - theirs).max() < 0.02 * np.abs(mine).max()


@pytest.mark.parametrize("name", ["last_stages", "scratch"])
def test_a_program_repeats_the_training_from_the_same_seed(
    models: dict[str, FinishedModel], start: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    torchvision_compat.declare()
    folder = unpacked(models[name], start, tmp_path)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["train.py", "pictures"])
    said = io.StringIO()
    with contextlib.redirect_stdout(said), torch.random.fork_rng():
        runpy.run_path("train.py", run_name="__main__")
    epochs = re.findall(r"epoch (\d+) of (\d+)", said.getvalue())
    assert epochs[-1] == (str(STRATEGIES[name].epochs(24)),) * 2
    mine, theirs = compared(models[name], start, folder)
    assert (mine.argmax(1) == theirs.argmax(1)).mean() > 0.95


def test_the_notebook_repeats_the_training(models: dict[str, FinishedModel], start: Backbone, tmp_path: Path) -> None:
    folder = unpacked(models["probe"], start, tmp_path)
    content = nbformat.read(folder / "train.ipynb", as_version=4)
    nbformat.validate(content)
    content.cells.insert(0, nbformat.v4.new_code_cell(f"import sys; sys.path.append({str(ROOT)!r}); {READY}"))
    nbclient.NotebookClient(content, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    mine, theirs = compared(models["probe"], start, folder)
    assert np.abs(mine - theirs).max() < 0.05 * np.abs(mine).max()


def test_program_and_notebook_have_the_same_cells(models: dict[str, FinishedModel], start: Backbone) -> None:
    text = write_script(models["last_stages"], start)
    compile(text, "train.py", "exec")
    assert max(len(line) for line in text.splitlines()) <= 120
    code = [cell.code for cell in cells(text) if cell.heading]
    written = json.loads(notebook(text))["cells"]
    assert [cell["source"] for cell in written if cell["cell_type"] == "code"] == code
    assert "core" not in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["resnet18", "inception_v3", "mobilenet_v3_small", "densenet121", "xception"])
def test_a_program_builds_any_backbone_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = replace(SETUP, backbone=name, weights="untrained", weights_seed=5, per_class=2)
    start = setup.network()
    stage = list(stage_ends(start))[-2]
    plan = Plan(strategy="probe", stage=stage)
    model = FinishedModel(
        setup=setup,
        plan=plan,
        classes=("one", "two"),
        is_marked=False,
        counts=(2, 2),
        trained=0,
        seconds=1.0,
        path="",
        digest="",
    )
    pictures = setup.prepared(start)
    for index, image in enumerate(pictures.images[:2]):
        folder = tmp_path / "pictures" / folder_name(index, "class")
        folder.mkdir(parents=True)
        Image.fromarray(image).save(folder / f"{index}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    torchvision_compat.declare()
    made: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng():
        for cell in cells(write_script(model, start))[1:4]:
            exec(cell.code, made)
    with torch.inference_mode():
        theirs = made["network"].features(made["inputs"]).numpy()  # type: ignore[attr-defined]
    mine = concatenate(list(extract_features(start, pictures.images[:2]))).stages[stage]
    np.testing.assert_allclose(theirs, mine, rtol=1e-3, atol=1e-4)


def test_each_stage_has_beginnings_that_no_other_shares(start: Backbone) -> None:
    found = beginnings(start)
    for stage, names in stage_modules(start).items():
        for name in names:
            owners = [one for one, starts in found.items() if any(f"{name}.".startswith(f"{at}.") for at in starts)]
            assert owners == [stage]


# All in one archive


def test_the_archive_has_all_that_the_program_needs(models: dict[str, FinishedModel], start: Backbone) -> None:
    archive = zipfile.ZipFile(io.BytesIO(zip_bytes(models["probe"], start, "<p>report</p>")))
    names = archive.namelist()
    assert {"train.py", "train.ipynb", "model.safetensors", "report.html", "start.pt"} <= set(names)
    assert sum(name.startswith("pictures/") for name in names) == 24
    assert archive.read("report.html") == b"<p>report</p>"
    assert load(archive.read("model.safetensors"))["linear.bias"].shape == (4,)
    assert not needs_start(models["scratch"], start)


def test_many_large_pictures_stay_behind(
    models: dict[str, FinishedModel], start: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.limits.BUNDLED_PICTURE_BYTES", 1000)
    archive = zipfile.ZipFile(io.BytesIO(zip_bytes(models["probe"], start, "")))
    assert not [name for name in archive.namelist() if name.startswith("pictures/")]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a cat", "002 a cat"),
        ("../../etc", "002 .._.._etc"),
        ("C:\\x?*", "002 C_x_"),
        ("año…", "002 año_"),
        ("x.", "002 x"),
    ],
)
def test_a_folder_has_a_name_that_every_system_takes(name: str, folder: str) -> None:
    assert folder_name(2, name) == folder


def test_own_classes_are_names_and_nothing_else(tmp_path: Path) -> None:
    from tests.core.transfer.test_transfer_data import photograph

    own = UploadedDataset()
    for label in ('"""; import os', "b\\n'"):
        files = [UploadedFile(f"{seed}.png", photograph(len(label) * 100 + seed)) for seed in range(3)]
        own = own.with_pictures(label, files)
    setup = replace(SETUP, dataset="mine", own=own)
    start = setup.network()
    model = finished(setup, PLANS["probe"], tmp_path)
    text = write_script(model, start)
    made: dict[str, object] = {}
    exec(re.search(r"^CLASSES = .*$", text, re.MULTILINE).group(), made)  # type: ignore[union-attr]
    assert made["CLASSES"] == list(model.classes)
    compile(text, "train.py", "exec")
