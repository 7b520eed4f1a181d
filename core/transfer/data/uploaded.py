"""A person's own labelled images: ZIP archives with a folder for each class, and single files."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.errors import UserError
from core.i18n import N_
from core.images.formats import inspect
from core.images.picture import Picture, decode
from core.transfer.data.labelled_images import LabelledPictures, check_class_count
from core.uploads.archives import Archive, Entry, is_archive, open_archive
from core.uploads.files import UploadedFile, check_bytes, check_pictures

LONGEST_CLASS = 60  # characters of the name of a class


@dataclass(frozen=True)
class ArchiveMember:
    """One file, and the class it was added to; "" for an archive, whose folders are the classes."""

    class_name: str
    file: UploadedFile


@dataclass(frozen=True)
class UploadedDataset:
    """What a person has added, in the order of its coming; the methods return it changed. Equal by content."""

    members: tuple[ArchiveMember, ...] = ()

    def with_archive(self, file: UploadedFile) -> UploadedDataset:
        """Return this with an archive's pictures, each in the class that the folder it lies in is named after.

        Raises `UserError` where it is no archive, is refused, has pictures outside of folders, or is too much.
        """
        if not is_archive(file.data):
            raise UserError(
                N_("“{name}” is not a ZIP archive."),
                N_("Choose a ZIP archive with one folder for each class, or add pictures class by class."),
                name=file.name,
            )
        archive = open_archive(file.data, file.name)
        if not archive.entries:
            raise UserError(N_("“{name}” has no files in it."), N_("Choose another archive."), name=file.name)
        loose = next((entry for entry in archive.entries if not entry.folder), None)
        if loose is not None:
            raise UserError(
                N_("In “{name}” the file “{file}” lies in no folder, so that its class is not known."),
                N_("Put the pictures of each class into a folder of that name and pack these folders."),
                name=file.name,
                file=loose.name,
            )
        return self._with([ArchiveMember("", file)])

    def with_pictures(self, label: str, files: Iterable[UploadedFile]) -> UploadedDataset:
        """Return this with pictures added to a class. Raises `UserError` where one is no picture, or it is too much."""
        named = " ".join(label.split())[:LONGEST_CLASS]
        if not named:
            raise UserError(N_("The class has no name."), N_("Say first what the pictures show."))
        new = [ArchiveMember(named, file) for file in files]
        for member in new:
            inspect(member.file.data, member.file.name)
        return self._with(new)

    def without(self, label: str) -> UploadedDataset:
        """Return this without the pictures that were added to a class; those in archives stay."""
        return replace(self, members=tuple(member for member in self.members if member.class_name != label))

    def _with(self, new: list[ArchiveMember]) -> UploadedDataset:
        known = {(member.class_name, member.file.data) for member in self.members}
        fresh = [member for member in new if (member.class_name, member.file.data) not in known]
        more = replace(self, members=(*self.members, *fresh))
        check_bytes(sum(len(member.file.data) for member in more.members))
        check_pictures(len(more._places))
        check_class_count(len({label for label, *_rest in more._places}))
        return more

    @functools.cached_property
    def identity(self) -> str:
        """Return the hash of all that was added."""
        found = hashlib.sha256()
        for member in self.members:
            found.update(
                hashlib.sha256(member.class_name.encode()).digest() + hashlib.sha256(member.file.data).digest()
            )
        return found.hexdigest()

    def labelled(self) -> LabelledPictures:
        """Return the pictures with their classes, in alphabetical order."""
        classes = tuple(sorted({label for label, *_rest in self._places}))
        labels = np.array([classes.index(label) for label, *_rest in self._places], dtype=np.int64)
        return LabelledPictures(classes, labels, np.arange(len(labels), dtype=np.int64), self)

    def picture(self, index: int) -> Picture:
        """Return one picture. Raises `UserError` where it cannot be read."""
        _label, file, archive, entry = self._places[index]
        if archive is None or entry is None:
            return decode(file.data, file.name)
        return decode(archive.read(entry), entry.name)

    def file_name(self, index: int) -> str:
        """Return the name of a picture's file, with its folder in an archive."""
        _label, file, _archive, entry = self._places[index]
        return file.name if entry is None else "/".join(entry.parts[-2:])

    @functools.cached_property
    def _places(self) -> list[tuple[str, UploadedFile, Archive | None, Entry | None]]:
        found: list[tuple[str, UploadedFile, Archive | None, Entry | None]] = []
        for member in self.members:
            if member.class_name:
                found.append((member.class_name, member.file, None, None))
            else:
                archive = open_archive(member.file.data, member.file.name)
                found += [
                    (entry.folder[:LONGEST_CLASS], member.file, archive, entry)
                    for entry in archive.entries
                    if entry.folder
                ]
        return found

    def __hash__(self) -> int:
        return hash(self.identity)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.members,)  # opened archives do not pickle
