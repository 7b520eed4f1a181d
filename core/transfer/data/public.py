"""Public labelled data sets that are fetched once: files, unpacking, reading.

Where torchvision knows how a set is laid out, its own class reads it.
"""

from __future__ import annotations

import functools
import re
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from core.datasets.public import (
    CIFAR10,
    CIFAR_CLASSES,
    CIFAR_HELD_OUT,
    CIFAR_LEARNED,
    cifar_records,
    not_fetched,
)
from core.downloads import store
from core.downloads.remote_file import RemoteFile
from core.downloads.store import cached, weights_folder
from core.downloads.transfer import DownloadEvent
from core.errors import UserError
from core.i18n import N_
from core.images.picture import Picture, decode
from core.transfer.data.labelled_images import LabelledPictures
from core.transfer.data.tiles import PixelSource

REPORT_EVERY = 200  # files that are unpacked between two events
OXFORD = "https://www.robots.ox.ac.uk/~vgg/data"
FLOWERS = (
    RemoteFile(
        url=f"{OXFORD}/flowers/102/102flowers.tgz",
        file_name="102flowers.tgz",
        md5="52808999861908f626f3c1f4e79d11fa",
        size=344_862_509,
    ),
    RemoteFile(
        url=f"{OXFORD}/flowers/102/imagelabels.mat",
        file_name="imagelabels.mat",
        md5="e0620be6f572b9609742df49c70aed4d",
        size=502,
    ),
    RemoteFile(
        url=f"{OXFORD}/flowers/102/setid.mat",
        file_name="setid.mat",
        md5="a5357ecc9cb78c4bef273ce3793fc85c",
        size=14_989,
    ),
)
PETS = (
    RemoteFile(
        url=f"{OXFORD}/pets/data/images.tar.gz",
        file_name="oxford-iiit-pet-images.tar.gz",
        md5="5c4f3ee8e5d25df40f4fd59a7f44e54c",
        size=791_918_971,
    ),
    RemoteFile(
        url=f"{OXFORD}/pets/data/annotations.tar.gz",
        file_name="oxford-iiit-pet-annotations.tar.gz",
        md5="95a8c909bbe2e81eed6a22bccdf3f68f",
        size=19_173_078,
    ),
)
EUROSAT = (
    RemoteFile(
        url="https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
        file_name="EuroSAT.zip",
        md5="c8fa014336c82ac7804f0398fcb19387",
        size=94_280_567,
    ),
)
FOOD = (
    RemoteFile(
        url="https://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
        file_name="food-101.tar.gz",
        md5="85eeb15f3717b99a5da872d97d918f87",
        size=4_996_278_331,
    ),
)


@dataclass(frozen=True)
class FileSource:
    """Pictures in files of a set that was unpacked."""

    paths: tuple[Path, ...]

    def picture(self, index: int) -> Picture:
        """Return one picture. Raises `UserError` where it cannot be read."""
        path = self.paths[index]
        return decode(path.read_bytes(), path.name)


Listed = tuple[Sequence[str], list[tuple[Path, int]]]
"""The names of the classes, then each picture's file with its class."""


@dataclass(frozen=True, kw_only=True)
class PublicSet:
    """A set that has to be fetched.

    Its `files` are unpacked into `folder`, and `listed` says what lies there; without a folder they are read as they
    are.
    """

    files: tuple[RemoteFile, ...]
    folder: str = ""
    listed: Callable[[Path], Listed] | None = None

    @property
    def file_name(self) -> str:
        """Return the name of what its download is known by."""
        return self.files[0].file_name

    @property
    def host(self) -> str:
        """Return the name of the computer that publishes it."""
        return self.files[0].host

    @property
    def bytes(self) -> int:
        """Return about how much has to be fetched."""
        return sum(file.size or 0 for file in self.files)


def sets_folder() -> Path:
    """Return the folder that unpacked sets are kept in. Raises `DownloadError` where nothing can be written."""
    return weights_folder() / "datasets"


def is_here(public: PublicSet) -> bool:
    """Return whether all of a set is on this computer."""
    if public.folder:
        return (sets_folder() / public.folder).is_dir()
    return all(cached(file) is not None for file in public.files)


def fetch(public: PublicSet) -> Iterator[DownloadEvent]:
    """Fetch a set and unpack it, and yield how far that is.

    Once unpacked, its archives are deleted. Raises `DownloadError` where it cannot be fetched or kept. What has
    arrived when it is cancelled is kept.
    """
    if is_here(public):
        return
    paths = []
    for file in public.files:
        for event in store.fetch(file):
            yield event
        assert event.path is not None
        paths.append(event.path)
    if public.folder:
        yield from _unpack(public, paths)


def _unpack(public: PublicSet, paths: list[Path]) -> Iterator[DownloadEvent]:
    """Unpack beside the folder first: what was begun and not ended is then never taken for the set."""
    target = sets_folder() / public.folder
    target.parent.mkdir(parents=True, exist_ok=True)
    begun = target.with_name(f"{target.name}.partial")
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            shutil.rmtree(begun, ignore_errors=True)
            try:
                for path, file in zip(paths, public.files, strict=True):
                    yield from _unpack_file(path, file, begun)
                # torchvision looks for flowers-102/jpg: what an archive puts into a folder of the set's name goes up
                inner = begun / public.folder
                (inner if inner.is_dir() else begun).replace(target)
            except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
                raise UserError(
                    N_("{name} could not be unpacked in {folder} ({why})."),
                    N_("Free some space or set CONVSCOPE_WEIGHTS to another folder, and try again."),
                    name=paths[0].name,
                    folder=str(target.parent),
                    why=getattr(error, "strerror", None) or str(error),
                ) from error
            finally:
                shutil.rmtree(begun, ignore_errors=True)
    for path in paths:
        path.unlink(missing_ok=True)


def _unpack_file(path: Path, file: RemoteFile, folder: Path) -> Iterator[DownloadEvent]:
    folder.mkdir(parents=True, exist_ok=True)
    size = path.stat().st_size
    if file.file_name.endswith(".zip"):
        with zipfile.ZipFile(path) as zipped:
            names = zipped.namelist()
            for index, name in enumerate(names):
                zipped.extract(name, folder)
                if index % REPORT_EVERY == 0:
                    yield DownloadEvent(phase="unpacking", step=size * index // len(names), total_steps=size)
    elif file.file_name.endswith("gz"):
        with path.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:gz") as packed:
            for index, member in enumerate(packed):
                packed.extract(member, folder, filter="data")
                if index % REPORT_EVERY == 0:
                    yield DownloadEvent(phase="unpacking", step=raw.tell(), total_steps=size)
    else:
        shutil.copy(path, folder / file.file_name)


def pictures_of(public: PublicSet) -> LabelledPictures:
    """Return the pictures of a set with their classes. Raises `NotDownloadedError` where it is not on this computer."""
    if not is_here(public):
        raise not_fetched(public.file_name)
    classes, found = _read(public, sets_folder())
    labels = np.array([label for _path, label in found], dtype=np.int64)
    source = FileSource(tuple(path for path, _label in found))
    return LabelledPictures(tuple(classes), labels, np.arange(len(labels), dtype=np.int64), source)


@functools.lru_cache(maxsize=2)
def _read(public: PublicSet, root: Path) -> Listed:
    assert public.listed is not None
    return public.listed(root)


def _flowers(root: Path) -> Listed:
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.datasets import Flowers102

    parts = [Flowers102(root, split, loader=Path) for split in ("train", "val", "test")]
    return parts[0].classes, [part[index] for part in parts for index in range(len(part))]


def _pets(root: Path) -> Listed:
    """Read the lists as torchvision's class does, which opens every picture that it is asked for."""
    folder = root / PETS_FOLDER
    lines = [
        line.split()
        for part in ("trainval", "test")
        for line in (folder / "annotations" / f"{part}.txt").read_text().splitlines()
    ]
    names = {int(label): name.rpartition("_")[0].replace("_", " ").title() for name, label, *_rest in lines}
    found = [(folder / "images" / f"{name}.jpg", int(label) - 1) for name, label, *_rest in lines]
    return [names[label] for label in sorted(names)], found


def _eurosat(root: Path) -> Listed:
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.datasets import EuroSAT

    whole = EuroSAT(root, loader=str)
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name in whole.classes]
    return names, [(Path(path), label) for path, label in whole.samples]


def _food(root: Path) -> Listed:
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.datasets import Food101

    parts = [Food101(root, split, loader=Path) for split in ("train", "test")]
    names = [name.replace("_", " ") for name in parts[0].classes]
    return names, [part[index] for part in parts for index in range(len(part))]


PETS_FOLDER = "oxford-iiit-pet"
PUBLIC = {
    "cifar10": PublicSet(files=CIFAR10),
    "flowers": PublicSet(files=FLOWERS, folder="flowers-102", listed=_flowers),
    "pets": PublicSet(files=PETS, folder=PETS_FOLDER, listed=_pets),
    "eurosat": PublicSet(files=EUROSAT, folder="eurosat", listed=_eurosat),
    "food": PublicSet(files=FOOD, folder="food-101", listed=_food),
}
"""The sets by the names that they have among all data sets."""


def cifar10() -> LabelledPictures:
    """Return the first 10,000 pictures of CIFAR-10 to learn from and its 10,000 held out, 32 × 32 pixels.

    Raises `NotDownloadedError` where it is not on this computer.
    """
    records = np.concatenate(cifar_records(CIFAR10[0], CIFAR_LEARNED, CIFAR_HELD_OUT))
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    labels = records[:, 0].astype(np.int64)
    places = np.arange(len(labels), dtype=np.int64)
    return LabelledPictures(CIFAR_CLASSES, labels, places, PixelSource(pixels, "cifar10"), is_marked=True)
