"""Reads fetched weights as plain tensors, their hash checked, never as objects that could run code.

Importing this module imports neither torch nor torchvision.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.downloads import errors as faults
from core.downloads.connection import Timeouts
from core.downloads.errors import NotDownloadedError, weights_problem
from core.downloads.remote_file import RemoteFile
from core.downloads.store import DEFAULT_TIMEOUTS, digest, fetch, places

if TYPE_CHECKING:
    from torch import Tensor


def read_state_dict(file: RemoteFile, folder: Path | None = None) -> dict[str, Tensor]:
    """Return the tensors of a fetched file by name, its hash checked once more.

    They may be mapped from the file: copy them into a model, do not keep them.
    Raises `NotDownloadedError` when it is not there, or was damaged and has been deleted: fetching it then helps.
    Raises `DownloadError` when what was published is not a plain set of tensors.
    """
    own = places(file, folder)[-1]
    damaged = False
    for path in places(file, folder):
        if _is_right(path, file):
            return _read(path, file)
        if path == own and path.exists():
            damaged = True
            with suppress(OSError):
                path.unlink()
    raise weights_problem(faults.DAMAGED if damaged else faults.MISSING, file)


def load_weights(
    file: RemoteFile, folder: Path | None = None, *, timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> dict[str, Tensor]:
    """Return the tensors of a file by name, fetched first if it is missing or damaged. Raises `DownloadError`.

    A page shows the progress of `fetch` before; this then finds the file at hand and only reads it.
    """
    try:
        return read_state_dict(file, folder)
    except NotDownloadedError:
        for _ in fetch(file, folder, timeouts=timeouts):
            pass
        return read_state_dict(file, folder)


def _is_right(path: Path, file: RemoteFile) -> bool:
    try:
        return path.is_file() and file.matches(digest(path))
    except OSError:
        return False


def _read(path: Path, file: RemoteFile) -> dict[str, Tensor]:
    try:
        tensors = _parse(path)
        if _is_plain(tensors, path.stat().st_size):
            return dict(tensors)
    except Exception as error:  # the parsers raise nearly everything on a forged file
        raise weights_problem(faults.UNREADABLE, file) from error
    raise weights_problem(faults.UNREADABLE, file)


def _parse(path: Path) -> Mapping[str, Tensor]:
    """Return what a file holds, read by what it is and not by its name; runs no code that the file brings."""
    import torch
    from safetensors.torch import load_file

    with path.open("rb") as source:
        start = source.read(9)
    if start[8:] == b"{":
        return load_file(path)
    is_zip = start[:4] == b"PK\x03\x04"
    if is_zip:
        _refuse_compressed(path)
    loaded: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    return loaded


def _refuse_compressed(path: Path) -> None:
    """Raise `ValueError` on an archive whose parts are compressed: torch writes none, and a bomb needs it."""
    with zipfile.ZipFile(path) as archive:
        if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
            raise ValueError(f"{path.name} has compressed parts")


def _is_plain(tensors: object, file_bytes: int) -> bool:
    """Return whether this is a mapping of names to dense tensors that fit into the file they came from.

    The last keeps out tensors that repeat a few numbers by a stride of zero until they fill the memory.
    """
    import torch

    if not isinstance(tensors, Mapping) or not tensors:
        return False
    claimed = 0
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            return False
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            return False
        claimed += tensor.numel() * tensor.element_size()
    return claimed <= file_bytes
