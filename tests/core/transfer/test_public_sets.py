"""Data sets that are fetched once: brought over HTTP, unpacked, and read as they are published."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from core import torchvision_compat
from core.downloads.errors import DownloadError, NotDownloadedError
from core.downloads.store import places
from core.errors import UserError
from core.limits import WEIGHTS_HOSTS
from core.transfer.data import public as public_sets
from core.transfer.data.catalogue import DATASETS
from core.transfer.data.labelled_images import LabelledPictures
from core.transfer.data.public import EUROSAT, FLOWERS, FOOD, PETS, PUBLIC, PublicSet, fetch, is_here, pictures_of
from tests.core import pictures
from tests.core.fault_server import FaultServer, Reply

UNPACKED = [name for name, public in PUBLIC.items() if public.folder]
each_set = pytest.mark.parametrize("name", UNPACKED)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is fetched."""
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


@pytest.fixture(autouse=True)
def lists_of_flowers_need_not_be_the_published_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    torchvision_compat.declare()
    from torchvision.datasets import Flowers102

    monkeypatch.setattr(Flowers102, "_check_integrity", lambda _self: True)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def tarred(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def matrix(**values: list[int]) -> bytes:
    written = io.BytesIO()
    savemat(written, {name: np.array(numbers) for name, numbers in values.items()})
    return written.getvalue()


def photograph(seed: int) -> bytes:
    return pictures.save(pictures.photograph(40, 32, seed), "JPEG")


def flowers() -> tuple[bytes, ...]:
    photographs = {f"jpg/image_{number:05d}.jpg": photograph(number) for number in range(1, 7)}
    labels = matrix(labels=[1, 2, 1, 2, 1, 102])
    return tarred(photographs), labels, matrix(trnid=[1, 2], valid=[3, 4], tstid=[5, 6])


def pets() -> tuple[bytes, ...]:
    names = {"Abyssinian_1": 1, "Abyssinian_2": 1, "great_pyrenees_7": 2, "great_pyrenees_8": 2}
    photographs = {f"images/{name}.jpg": photograph(index) for index, name in enumerate(names)}
    lines = [f"{name} {label} 1 1" for name, label in names.items()]
    lists = {"trainval": lines[::2], "test": lines[1::2]}
    return tarred(photographs), tarred(
        {f"annotations/{part}.txt": "\n".join(content).encode() for part, content in lists.items()}
    )


def eurosat() -> tuple[bytes, ...]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for index, name in enumerate(("AnnualCrop", "AnnualCrop", "SeaLake", "SeaLake")):
            archive.writestr(f"2750/{name}/{name}_{index}.jpg", photograph(index))
    return (packed.getvalue(),)


def food() -> tuple[bytes, ...]:
    parts = {"train": {"apple_pie": ["apple_pie/1"], "sushi": ["sushi/2"]}}
    parts["test"] = {"apple_pie": ["apple_pie/3"], "sushi": ["sushi/4"]}
    files = {f"food-101/meta/{part}.json": json.dumps(content).encode() for part, content in parts.items()}
    for seed, name in enumerate(("apple_pie/1", "sushi/2", "apple_pie/3", "sushi/4")):
        files[f"food-101/images/{name}.jpg"] = photograph(seed)
    return (tarred(files),)


MADE: dict[str, Callable[[], tuple[bytes, ...]]] = {"flowers": flowers, "pets": pets, "eurosat": eurosat, "food": food}
CLASSES = {
    "flowers": ["pink primrose", "hard-leaved pocket orchid"],
    "pets": ["Abyssinian", "Great Pyrenees"],
    "eurosat": ["Annual Crop", "Sea Lake"],
    "food": ["apple pie", "sushi"],
}


def published(server: FaultServer, name: str, *contents: bytes) -> PublicSet:
    """Return a set as it is, but with other contents, on a server here."""
    files = tuple(
        replace(file, url=server.serve(f"/{file.file_name}", Reply(body=content)), md5=hashlib.md5(content).hexdigest())
        for file, content in zip(PUBLIC[name].files, contents, strict=True)
    )
    return replace(PUBLIC[name], files=files)


def brought(public: PublicSet) -> LabelledPictures:
    list(fetch(public))
    return pictures_of(public)


@each_set
def test_a_set_is_fetched_unpacked_and_read(server: FaultServer, folder: Path, name: str) -> None:
    public = published(server, name, *MADE[name]())
    assert not is_here(public)
    events = list(fetch(public))
    assert is_here(public)
    assert {event.phase for event in events} >= {"downloading", "checking"}
    assert events[-1].phase in ("unpacking", "ready")
    labelled = pictures_of(public)
    assert list(labelled.classes[:2]) == CLASSES[name]
    shown = [labelled.source.picture(index).image.size for index in range(len(labelled))]
    assert shown == [(40, 32)] * len(labelled)
    assert labelled.counts[:2] == ((3, 2) if name == "flowers" else (2, 2))
    assert not any(path.exists() for file in public.files for path in places(file))
    assert not list((folder / "datasets").glob("*.partial"))


@each_set
def test_what_is_here_is_not_fetched_again(server: FaultServer, name: str) -> None:
    public = published(server, name, *MADE[name]())
    brought(public)
    asked = len(server.requests)
    assert list(fetch(public)) == []
    assert len(server.requests) == asked


def test_a_set_that_was_not_fetched_is_asked_for() -> None:
    for name, entry in DATASETS.items():
        if entry.public is not None:
            assert entry.load is not None
            with pytest.raises(NotDownloadedError, match="not on this computer yet"):
                entry.load()
            assert not is_here(entry.public), name


def test_what_is_not_what_was_published_is_refused(server: FaultServer) -> None:
    public = published(server, "eurosat", *eurosat())
    wrong = replace(public, files=(replace(public.files[0], md5="0" * 32),))
    with pytest.raises(DownloadError, match="its checksum differs"):
        list(fetch(wrong))
    assert not is_here(wrong)


def test_cancelled_while_it_is_unpacked_it_is_not_there_and_can_be_had_later(
    server: FaultServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_sets, "REPORT_EVERY", 1)
    public = published(server, "eurosat", *eurosat())
    events = fetch(public)
    next(event for event in events if event.phase == "unpacking" and event.step)
    assert isinstance(events, Iterator)
    events.close()  # type: ignore[attr-defined]
    assert not is_here(public)
    assert not list((folder / "datasets").glob("*.partial"))
    assert brought(public).counts == (2, 2)


def test_nothing_is_written_outside_of_the_folder(server: FaultServer, folder: Path) -> None:
    slipping = tarred({"../../escaped.jpg": photograph(0)})
    public = published(server, "pets", slipping, pets()[1])
    with pytest.raises(UserError, match="could not be unpacked"):
        list(fetch(public))
    assert not is_here(public)
    assert not list(folder.parent.rglob("escaped.jpg"))


def test_addresses_and_hashes_are_those_that_torchvision_has() -> None:
    torchvision_compat.declare()
    from torchvision import datasets

    hashes = {file.file_name: file.md5 for file in FLOWERS}
    assert hashes == dict(datasets.Flowers102._file_dict.values())
    assert all(file.url.startswith(datasets.Flowers102._download_url_prefix) for file in FLOWERS)
    assert [(file.url, file.md5) for file in PETS] == list(datasets.OxfordIIITPet._RESOURCES)
    assert FOOD[0].md5 == datasets.Food101._MD5
    assert datasets.Food101._URL.replace("http:", "https:") == FOOD[0].url
    source = Path(datasets.eurosat.__file__).read_text()
    assert EUROSAT[0].url in source
    assert EUROSAT[0].md5 in source
    for public in PUBLIC.values():
        assert public.host in WEIGHTS_HOSTS
