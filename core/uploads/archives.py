"""Reads uploaded ZIP archives without trust: nothing is written to disk, each limit is counted.

Names in an archive are labels and never paths. What is refused, and why, stands in `core.limits`. Streaming, because
what an archive states about itself may be forged; of the methods only storing and deflating are read, since Python's
`zipfile` unpacks the others without a bound; overlaps are looked for here, because Python 3.11.7 does not yet
(CVE-2024-0450).
"""

from __future__ import annotations

import logging
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from core import limits
from core.errors import UserError
from core.i18n import N_

logger = logging.getLogger(__name__)

BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
PACKED = (*BEGINNINGS, b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
"""How archives and compressed files begin."""
END = struct.Struct("<4s4H2LH")  # APPNOTE 6.3.10, section 4.3.16: end of central directory record
END_MARK, DIRECTORY_MARK, LOCAL_MARK = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
DIRECTORY_HEADER, LOCAL_HEADER = 46, 30  # bytes before the name
LONGEST_COMMENT = 0xFFFF
ENCRYPTED = 0x1 | 0x40 | 0x2000  # flags: encrypted, strongly, its directory too
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DRIVE = re.compile(r"[A-Za-z]:")
HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")  # what systems add without being asked

_SMALLER = N_("Put fewer or smaller pictures into it, or several archives.")
_PACK_ANEW = N_("Pack the pictures anew as a ZIP without a password and choose that file.")


class ArchiveError(UserError):
    """The only exception that reading an archive raises; its message names the archive, the limit and the remedy."""


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its place among those listed, and the parts of its path, which are labels only.

    `size` is what the archive says that it has, in bytes.
    """

    place: int
    parts: tuple[str, ...]
    size: int

    @property
    def name(self) -> str:
        """Return the name of the file without its folders."""
        return self.parts[-1]

    @property
    def folder(self) -> str:
        """Return the name of the folder that it lies in, which may stand for a class; "" where it lies in none."""
        return self.parts[-2] if len(self.parts) > 1 else ""


class Archive:
    """An archive that was found sound as far as can be seen before it is unpacked. `open_archive` makes it.

    `entries` are its files in the archive's order, without folders and without what systems add unasked.
    """

    def __init__(self, name: str, archive: zipfile.ZipFile, found: list[tuple[Entry, zipfile.ZipInfo]]) -> None:
        self.name = name
        self.entries = tuple(entry for entry, _ in found)
        self._archive = archive
        self._infos = dict(found)
        self._inflated: dict[Entry, int] = {}
        self._total = 0

    def read(self, entry: Entry, most_bytes: int = limits.PICTURE_BYTES) -> bytes:
        """Return the bytes of a file, at most `most_bytes`.

        Raises `ArchiveError` where the file is larger, is itself an archive, is damaged, or unpacks to more than an
        archive may hold.
        """
        return b"".join(self._chunks(entry, most_bytes))

    def _chunks(self, entry: Entry, most_bytes: int) -> Iterator[bytes]:
        """Yield the file in parts of at most `limits.ARCHIVE_CHUNK` bytes, counting them."""
        size = 0
        try:
            with self._archive.open(self._infos[entry]) as source:
                while chunk := source.read(limits.ARCHIVE_CHUNK):
                    if not size and chunk.startswith(PACKED):
                        raise self._nested(entry)
                    size += len(chunk)
                    self._check_growth(entry, size, most_bytes)
                    yield chunk
        except ArchiveError:
            raise
        except Exception as error:  # the one boundary: zipfile raises anything on damaged archives
            logger.info("could not unpack %r of %r: %r", entry.parts, self.name, error)
            raise ArchiveError(
                N_("“{entry}” in “{name}” is damaged and cannot be unpacked."),
                _PACK_ANEW,
                name=self.name,
                entry=entry.name,
            ) from None

    def _check_growth(self, entry: Entry, size: int, most_bytes: int) -> None:
        before = self._inflated.get(entry, 0)
        if size > before:  # what is read again counts once
            self._inflated[entry] = size
            self._total += size - before
        if size > most_bytes:
            raise ArchiveError(
                N_("“{entry}” in “{name}” has more than {most} MB, the most that is read."),
                name=self.name,
                entry=entry.name,
                most=most_bytes // limits.MEBIBYTE,
            )
        _check_ratio(self.name, entry.name, size, self._infos[entry].compress_size)
        _check_inflated(self.name, self._total)

    def _nested(self, entry: Entry) -> ArchiveError:
        return ArchiveError(
            N_("“{entry}” in “{name}” is itself an archive; archives within archives are not opened."),
            N_("Unpack it and add its pictures by themselves."),
            name=self.name,
            entry=entry.name,
        )


def is_archive(data: bytes) -> bool:
    """Return whether the bytes begin as a ZIP archive does."""
    return data.startswith(BEGINNINGS)


def open_archive(data: bytes, name: str) -> Archive:
    """Return the archive that the bytes of a file hold; nothing of it is unpacked yet.

    Raises `ArchiveError` where it is larger than a limit, holds more files, states that it unpacks to more, hides
    files in one another, names places outside of it, needs a password, or is damaged; the message says which.
    """
    try:
        _check_outline(data, name)
        archive = zipfile.ZipFile(BytesIO(data))
        infos = archive.infolist()
        _check_count(len(infos), name)
        for info in infos:
            _check_entry(info, name)
        _check_inflated(name, sum(info.file_size for info in infos))
        _check_overlaps(data, infos, archive.start_dir, name)
        found = [(Entry(index, _parts(info), info.file_size), info) for index, info in enumerate(infos)]
        return Archive(name, archive, [pair for pair in found if not pair[1].is_dir() and not _is_hidden(pair[0])])
    except ArchiveError:
        raise
    except Exception as error:  # as above
        logger.info("could not open %r: %r", name, error)
        raise _damaged(name) from None


def _check_outline(data: bytes, name: str) -> None:
    """Raise `ArchiveError` if the size or the number of files is too large, before any listing."""
    if len(data) > limits.ARCHIVE_BYTES:
        raise ArchiveError(
            N_("“{name}” has {megabytes} MB; of an archive at most {most} MB are read."),
            _SMALLER,
            name=name,
            megabytes=f"{len(data) / limits.MEBIBYTE:.1f}",
            most=limits.ARCHIVE_BYTES // limits.MEBIBYTE,
        )
    end = _end_of_directory(data)
    if end < 0:
        raise _damaged(name)
    _, _, _, _, stated, size, _, _ = END.unpack_from(data, end)
    _check_count(stated, name)
    count, place = 0, end - size
    while 0 <= place <= end - DIRECTORY_HEADER and data[place : place + 4] == DIRECTORY_MARK:
        count += 1
        _check_count(count, name)
        place += DIRECTORY_HEADER + sum(struct.unpack_from("<3H", data, place + 28))


def _end_of_directory(data: bytes) -> int:
    """Return where the record stands that ends the archive, found as `zipfile` finds it; -1 where there is none."""
    last = len(data) - END.size
    if last >= 0 and data[last : last + 4] == END_MARK and data[-2:] == b"\0\0":
        return last
    place = data.rfind(END_MARK, max(0, last - LONGEST_COMMENT))
    return place if 0 <= place <= last else -1


def _check_count(count: int, name: str) -> None:
    if count > limits.ARCHIVE_ENTRIES:
        raise ArchiveError(
            N_("“{name}” holds more than {most} files, the most that is read of an archive."),
            _SMALLER,
            name=name,
            most=limits.ARCHIVE_ENTRIES,
        )


def _check_entry(info: zipfile.ZipInfo, name: str) -> None:
    if info.flag_bits & ENCRYPTED:
        raise ArchiveError(N_("“{name}” is locked with a password."), _PACK_ANEW, name=name)
    if info.compress_type not in METHODS:
        raise ArchiveError(
            N_("“{name}” is packed in a way that is not read here: method {method}."),
            _PACK_ANEW,
            name=name,
            method=info.compress_type,
        )
    if _points_outside(info):
        raise ArchiveError(
            N_("“{name}” names places outside of it, as harmful archives do, so it is not opened."),
            _PACK_ANEW,
            name=name,
        )
    if len(info.orig_filename) > limits.ARCHIVE_NAME_LENGTH:
        raise ArchiveError(
            N_("“{name}” holds a path of more than {most} characters."),
            N_("Give its folders and files shorter names."),
            name=name,
            most=limits.ARCHIVE_NAME_LENGTH,
        )
    _check_ratio(name, info.orig_filename, info.file_size, info.compress_size)


def _points_outside(info: zipfile.ZipInfo) -> bool:
    """Return whether a name leads out of the folder that somebody would unpack it to, or is a link."""
    path = info.orig_filename
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    climbs = ".." in re.split(r"[/\\]", path)
    return is_link or climbs or path.startswith(("/", "\\")) or bool(DRIVE.match(path)) or "\0" in path


def _check_ratio(name: str, entry: str, size: int, packed: int) -> None:
    if size > limits.ARCHIVE_RATIO_FROM and size > limits.ARCHIVE_RATIO * packed:
        raise ArchiveError(
            N_("“{entry}” in “{name}” unpacks to more than {most} times its size, as no picture does."),
            N_("Leave it out, or save it as JPEG or PNG first."),
            name=name,
            entry=PurePosixPath(_readable(entry)).name,
            most=limits.ARCHIVE_RATIO,
        )


def _check_inflated(name: str, size: int) -> None:
    if size > limits.ARCHIVE_INFLATED_BYTES:
        raise ArchiveError(
            N_("“{name}” unpacks to more than {most} MB, the most that is read of an archive."),
            _SMALLER,
            name=name,
            most=limits.ARCHIVE_INFLATED_BYTES // limits.MEBIBYTE,
        )


def _check_overlaps(data: bytes, infos: list[zipfile.ZipInfo], directory: int, name: str) -> None:
    """Raise `ArchiveError` if a file begins before the previous one has ended."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        start = info.header_offset
        if start < end:
            raise ArchiveError(
                N_("“{name}” holds files that overlap, as archives do that are built to do harm."),
                _PACK_ANEW,
                name=name,
            )
        if data[start : start + 4] != LOCAL_MARK:
            raise _damaged(name)
        lengths = struct.unpack_from("<2H", data, start + 26)
        end = start + LOCAL_HEADER + sum(lengths) + info.compress_size
    if end > directory:
        raise _damaged(name)


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    parts = re.split(r"[/\\]", _readable(info.orig_filename))
    return tuple(part for part in parts if part not in ("", ".")) or ("�",)


def _readable(name: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in name)


def _is_hidden(entry: Entry) -> bool:
    return any(part.startswith(".") or part in HIDDEN for part in entry.parts)


def _damaged(name: str) -> ArchiveError:
    return ArchiveError(N_("“{name}” is no ZIP archive, or a damaged one."), _PACK_ANEW, name=name)
