"""Uploaded images and ZIP archives as a collection, unpacked only while they are read."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.images.formats import inspect
from core.images.picture import decode
from core.uploads.archives import Archive, Entry, is_archive, open_archive
from core.uploads.files import UploadedFile, check_bytes, check_pictures
from core.visualization.dataset_examples.image_collections import WHOLE, Item, content_digest


@dataclass(frozen=True)
class Uploads:
    """A person's own pictures: files in the order of their coming, archives opened one level deep.

    `count` is how many pictures there may be, those included that turn out not to be readable. `added` makes it.
    """

    files: tuple[UploadedFile, ...] = ()

    def added(self, files: Iterable[UploadedFile]) -> Uploads:
        """Return these pictures and more; what is there already is not added again.

        Raises `UserError`, naming the file or the limit, where one is neither picture nor archive, or where there would
        be more than a collection holds.
        """
        known = {file.data for file in self.files}
        new = [file for file in files if file.data not in known]
        for file in new:
            if not is_archive(file.data):
                inspect(file.data, file.name)
        more = replace(self, files=(*self.files, *{file.data: file for file in new}.values()))
        check_bytes(more.bytes)
        check_pictures(len(more))
        return more

    @functools.cached_property
    def identity(self) -> str:
        """Return the hash of all that the files hold."""
        return content_digest("uploads", *(hashlib.sha256(file.data).hexdigest() for file in self.files))

    @property
    def bytes(self) -> int:
        """Return how much memory the files take."""
        return sum(len(file.data) for file in self.files)

    def __len__(self) -> int:
        return len(self._places)

    def item(self, index: int) -> Item:
        """Return one picture. Raises `UserError` where it cannot be read."""
        file, archive, entry = self._places[index]
        if archive is None or entry is None:
            picture = decode(file.data, file.name)
        else:
            picture = decode(archive.read(entry), entry.name)
        return Item(picture, picture, WHOLE, picture.name)

    def original(self, index: int) -> UploadedFile:
        """Return the file that a picture comes from, unpacked."""
        file, archive, entry = self._places[index]
        return file if archive is None or entry is None else UploadedFile(entry.name, archive.read(entry))

    def source(self, index: int) -> int:
        """Return a number of its own for each picture."""
        return index

    @functools.cached_property
    def _places(self) -> Sequence[tuple[UploadedFile, Archive | None, Entry | None]]:
        found: list[tuple[UploadedFile, Archive | None, Entry | None]] = []
        for file in self.files:
            if is_archive(file.data):
                archive = open_archive(file.data, file.name)
                found += [(file, archive, entry) for entry in archive.entries]
            else:
                found.append((file, None, None))
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.files,)  # opened archives do not pickle
