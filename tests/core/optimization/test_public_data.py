"""Public data sets are read from files as they are published, and asked for where they are not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.downloads.remote_file import RemoteFile
from core.errors import UserError
from core.limits import WEIGHTS_HOSTS
from core.optimization.network_race import public_datasets
from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.curves import Curves
from core.optimization.network_race.public_datasets import CIFAR10, FASHION, missing
from core.optimization.network_race.race import run_network_race
from core.optimization.network_race.tasks import TASKS

COUNT = 40


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is fetched."""
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def keep(folder: Path, file: RemoteFile, content: bytes) -> RemoteFile:
    """Put a file of that name into the folder and return it with the hash that it has."""
    (folder / file.file_name).write_bytes(content)
    return replace(file, sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture
def fashion(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """A small set in the form of Fashion-MNIST, in the place of the true one."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, COUNT, dtype=np.uint8)
    header = np.array([0x803, COUNT, 28, 28], dtype=">i4").tobytes()
    parts = (header + images.tobytes(), np.array([0x801, COUNT], dtype=">i4").tobytes() + labels.tobytes())
    files = tuple(keep(folder, file, gzip.compress(part)) for file, part in zip(FASHION, parts * 2, strict=True))
    monkeypatch.setattr(public_datasets, "FASHION", files)
    return images, labels


@pytest.fixture
def cifar10(folder: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A small set in the form of CIFAR-10, in the place of the true one: records of a label and three planes."""
    records = np.random.default_rng(0).integers(0, 10, (COUNT, 3073), dtype=np.uint8)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in (public_datasets.CIFAR_LEARNED, public_datasets.CIFAR_HELD_OUT):
            member = tarfile.TarInfo(name)
            member.size = records.nbytes
            archive.addfile(member, io.BytesIO(records.tobytes()))
    monkeypatch.setattr(public_datasets, "CIFAR10", (keep(folder, CIFAR10[0], packed.getvalue()),))
    return records


def test_fashion_is_read_as_published(fashion: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = fashion
    examples = public_datasets.fashion()
    assert examples.inputs.shape == (COUNT, 1, 28, 28)
    assert np.allclose(examples.inputs[:, 0].numpy() * 255, images)
    assert examples.labels.tolist() == labels.tolist() == examples.held_out_labels.tolist()


def test_cifar10_is_read_as_published(cifar10: np.ndarray) -> None:
    examples = public_datasets.cifar10()
    assert examples.inputs.shape == (COUNT, 3, 32, 32)
    assert np.allclose(examples.inputs[3, 2, 5, 7].item() * 255, cifar10[3, 1 + 2 * 1024 + 5 * 32 + 7])
    assert examples.labels.tolist() == cifar10[:, 0].tolist()


@pytest.mark.parametrize("task", ["fashion", "cifar10"])
def test_a_race_on_fetched_data_runs(task: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(task)
    race = NetworkRace(task=task, optimizers=("adam",), steps=3, batch=8, fairness="same")
    curves = Curves(race)
    curves.add(run_network_race(race))
    assert np.isfinite(curves.column("loss")[0, 0, :3]).all()


@pytest.mark.parametrize("task", ["fashion", "cifar10"])
def test_what_has_not_been_fetched_is_asked_for(folder: Path, task: str) -> None:
    entry = TASKS[task]
    assert missing(entry.files) == entry.files[0]
    with pytest.raises(UserError, match="fetch it"):
        next(iter(run_network_race(NetworkRace(task=task, optimizers=("adam",), steps=3, fairness="same"))))


def test_the_files_come_from_hosts_that_are_trusted_and_are_known_to_the_last_digit() -> None:
    for file in (*FASHION, *CIFAR10):
        assert file.host in WEIGHTS_HOSTS
        assert file.url.startswith("https://")
        assert len(file.sha256) == 64
