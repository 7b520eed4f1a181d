"""Archives are read without trust: sound ones in full, and each kind of attack is refused with its reason."""

from __future__ import annotations

import io
import random
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core import limits
from core.uploads.archives import Archive, ArchiveError, is_archive, open_archive
from tests.core import pictures

PICTURE = pictures.save(pictures.photograph(24, 18), "JPEG")


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive as Python makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@dataclass(frozen=True, kw_only=True)
class Lies:
    """What the entry of a forged archive states, whatever is true; `copies` entries share one place."""

    method: int = 0
    flags: int = 0
    size: int | None = None
    mode: int = 0
    copies: int = 1
    body: bytes | None = None


def forged(name: str = "a.jpg", data: bytes = PICTURE, **lies: Any) -> bytes:
    """Return an archive written by hand, of which every statement may be a lie; `lies` are fields of `Lies`."""
    told = Lies(**lies)
    raw = name.encode("utf-8")
    body = data if told.body is None else told.body
    stated = len(data) if told.size is None else told.size
    sizes = zlib.crc32(data), len(body), stated, len(raw)
    numbers = struct.pack("<5H3L2H", 20, told.flags, told.method, 0, 33, *sizes, 0)
    local = b"PK\x03\x04" + numbers + raw + body
    entry = b"PK\x01\x02\x14\x03" + numbers + struct.pack("<3H2L", 0, 0, 0, told.mode << 16, 0) + raw
    directory = entry * told.copies
    return local + directory + end(told.copies, len(directory), len(local))


def end(count: int, size: int, start: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), size, start, 0)


def deflated(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def read_all(data: bytes) -> list[bytes]:
    archive = open_archive(data, "mine.zip")
    return [archive.read(entry) for entry in archive.entries]


def refusal(data: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        read_all(data)
    assert "mine.zip" in str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


# --- what is sound ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_sound_archive_is_read_in_full(method: int) -> None:
    files = {"cats/1.jpg": PICTURE, "dogs/2.jpg": PICTURE[::-1], "3.jpg": b""}
    archive = open_archive(packed(files, method), "mine.zip")
    assert [(entry.folder, entry.name) for entry in archive.entries] == [
        ("cats", "1.jpg"),
        ("dogs", "2.jpg"),
        ("", "3.jpg"),
    ]
    assert [archive.read(entry) for entry in archive.entries] == list(files.values())
    assert [archive.read(entry) for entry in reversed(archive.entries)] == list(files.values())[::-1]


def test_folders_and_what_systems_add_are_left_out() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.mkdir("cats")
        for name in ("cats/1.jpg", "__MACOSX/cats/._1.jpg", "cats/.DS_Store", "cats/Thumbs.db"):
            archive.writestr(name, PICTURE)
    assert [entry.parts for entry in open_archive(buffer.getvalue(), "a").entries] == [("cats", "1.jpg")]


def test_windows_separators_and_odd_names_are_labels() -> None:
    data = forged("köln\\\u202ebild.jpg", flags=0x800)
    assert [entry.parts for entry in open_archive(data, "a").entries] == [("köln", "�bild.jpg")]


def test_a_stream_with_a_comment_and_data_descriptors_is_sound() -> None:
    class Pipe(io.RawIOBase):
        """Cannot go back, so that sizes follow the data."""

        def __init__(self) -> None:
            self.got = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.got += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("1.jpg", PICTURE)
        archive.writestr("2.jpg", PICTURE)
        archive.comment = b"made by a camera"
    assert read_all(bytes(pipe.got)) == [PICTURE, PICTURE]


def test_an_archive_is_told_by_its_beginning() -> None:
    assert is_archive(packed({"a": b"b"}))
    assert is_archive(packed({}))
    assert not is_archive(PICTURE)


def test_an_empty_archive_has_no_entries() -> None:
    assert open_archive(packed({}), "mine.zip").entries == ()


# --- limits -----------------------------------------------------------------------------------------------------------


def test_the_size_of_the_archive_is_limited() -> None:
    assert "50 MB" in refusal(b"PK\x03\x04" + bytes(limits.ARCHIVE_BYTES))


@pytest.mark.parametrize("stated", [True, False])
def test_the_number_of_files_is_limited_before_they_are_listed(stated: bool) -> None:
    data = packed({f"{i}": b"" for i in range(limits.ARCHIVE_ENTRIES + 1)}, zipfile.ZIP_STORED)
    if not stated:  # the end says that there is one
        data = data[:-14] + struct.pack("<2H", 1, 1) + data[-10:]
    assert "2000 files" in refusal(data)


def test_a_hundred_thousand_entries_are_refused_at_once() -> None:
    data = forged(copies=100_000)
    started = time.process_time()
    assert "2000 files" in refusal(data)
    assert time.process_time() - started < 0.1


def test_as_many_files_as_allowed_are_read() -> None:
    data = packed({f"{i}": b"" for i in range(limits.ARCHIVE_ENTRIES)}, zipfile.ZIP_STORED)
    assert len(open_archive(data, "mine.zip").entries) == limits.ARCHIVE_ENTRIES


def test_a_bomb_is_refused_by_its_ratio() -> None:
    assert "100 times" in refusal(packed({"a.bmp": bytes(64 << 20)}))


def test_a_bomb_that_lies_about_its_size_is_refused_while_it_is_read() -> None:
    data = bytes(64 << 20)
    assert "damaged" in refusal(forged(data=data, body=deflated(data), method=8, size=1000))


def test_what_is_counted_decides_and_not_what_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed({"a.bmp": bytes(3 << 20)})
    monkeypatch.setattr(limits, "ARCHIVE_RATIO", 10_000)
    archive = open_archive(data, "mine.zip")
    monkeypatch.setattr(limits, "ARCHIVE_RATIO", 100)
    read: list[bytes] = []
    with pytest.raises(ArchiveError, match="100 times"):
        read.extend(archive._chunks(archive.entries[0], 1 << 30))
    assert archive._total <= limits.ARCHIVE_RATIO_FROM + limits.ARCHIVE_CHUNK


def test_a_blank_small_picture_may_pack_well() -> None:
    assert read_all(packed({"a.bmp": bytes(limits.ARCHIVE_RATIO_FROM)})) == [bytes(limits.ARCHIVE_RATIO_FROM)]


def test_what_it_unpacks_to_is_limited_as_stated_and_as_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(0).randbytes(400_000)
    data = packed({"1": noise, "2": noise, "3": noise})
    archive = open_archive(data, "mine.zip")
    monkeypatch.setattr(limits, "ARCHIVE_INFLATED_BYTES", 1 << 20)
    assert "unpacks to more than 1 MB" in refusal(data)
    assert archive.read(archive.entries[0]) == archive.read(archive.entries[0]) == noise  # counted once
    archive.read(archive.entries[1])
    with pytest.raises(ArchiveError, match="more than 1 MB"):
        archive.read(archive.entries[2])


def test_a_file_larger_than_a_picture_may_be_is_refused_and_others_are_not() -> None:
    archive = open_archive(packed({"1": random.Random(0).randbytes(3 << 20), "2": PICTURE}), "mine.zip")
    with pytest.raises(ArchiveError, match="more than 2 MB"):
        archive.read(archive.entries[0], 2 << 20)
    assert archive.read(archive.entries[1], 2 << 20) == PICTURE


def test_reading_takes_no_more_memory_than_a_file_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    read = zipfile.ZipExtFile.read

    def measured(source: zipfile.ZipExtFile, n: int | None = -1) -> bytes:
        chunk = read(source, n)
        sizes.append(len(chunk))
        return chunk

    monkeypatch.setattr(zipfile.ZipExtFile, "read", measured)
    read_all(packed({"1": random.Random(0).randbytes(1 << 20)}))
    assert max(sizes) <= limits.ARCHIVE_CHUNK


# --- attacks ----------------------------------------------------------------------------------------------------------


def test_overlapping_entries_are_refused() -> None:
    assert "overlap" in refusal(forged(copies=1000))


def test_entries_that_share_their_last_bytes_are_refused() -> None:
    """Quoted overlap: the first entry's data contain the whole of the second."""
    inner = packed({"b.jpg": PICTURE}, zipfile.ZIP_STORED)
    data = bytearray(packed({"a.jpg": inner, "b.jpg": PICTURE}, zipfile.ZIP_STORED))
    directory = data.rfind(b"PK\x01\x02")
    data[directory + 42 : directory + 46] = struct.pack("<L", 30 + len("a.jpg"))  # where the local header is quoted
    assert "overlap" in refusal(bytes(data))


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg",
        "cats/../../etc/evil.jpg",
        "cats/../evil.jpg",
        "/etc/evil.jpg",
        "C:\\evil.jpg",
        "c:evil.jpg",
        "..\\evil.jpg",
        "\\evil.jpg",
        "a.jpg\0.exe",
    ],
)
def test_a_name_that_points_outside_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "outside" in refusal(forged(name))
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_refused() -> None:
    assert "outside" in refusal(forged(data=b"/etc/passwd", mode=stat.S_IFLNK | 0o777))


def test_a_long_name_is_refused() -> None:
    assert "300 characters" in refusal(forged("a" * 301))


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    read_all(packed({"cats/1.jpg": PICTURE, "2.jpg": bytes(7 << 17)}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "inner", [packed({"a": b"b"}), packed({}), b"Rar!\x1a\x07\0", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh9"]
)
def test_an_archive_within_is_not_opened(inner: bytes) -> None:
    assert "itself an archive" in refusal(packed({"picture.jpg": inner}))


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2000])
def test_an_encrypted_archive_is_refused(flags: int) -> None:
    assert "password" in refusal(forged(flags=flags))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_refused(method: int) -> None:
    assert f"method {method}" in refusal(packed({"a.bmp": bytes(1000)}, method))


def test_a_method_that_is_not_known_is_refused() -> None:
    assert "method 99" in refusal(forged(method=99))


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06", b"PK\x03\x04" + bytes(100), PICTURE], ids=range(5))
def test_what_is_no_archive_is_said_to_be_none(data: bytes) -> None:
    assert "no ZIP archive" in refusal(data)


def test_cut_archives_raise_nothing_else() -> None:
    data = packed({"cats/1.jpg": PICTURE, "2.jpg": PICTURE})
    for length in range(0, len(data), 37):
        refusal(data[:length])


@pytest.mark.parametrize("seed", range(8))
def test_altered_archives_raise_nothing_else(seed: int) -> None:
    """Each byte of the structure may have any value: an archive is then read, or refused with a reason."""
    chance = random.Random(seed)
    sound = packed({"cats/1.jpg": PICTURE[:200], "2.jpg": PICTURE[:100]}, zipfile.ZIP_DEFLATED)
    for _ in range(250):
        data = bytearray(sound)
        for _ in range(chance.choice([1, 2, 8])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        _attempt(lambda data=data: read_all(bytes(data)))  # type: ignore[misc]


def test_a_wrong_checksum_is_found() -> None:
    data = bytearray(packed({"1.jpg": PICTURE}, zipfile.ZIP_STORED))
    data[60] ^= 1
    assert "damaged" in refusal(bytes(data))


def _attempt(read: Callable[[], list[bytes]]) -> None:
    with suppress(ArchiveError):
        read()


def test_an_archive_is_made_by_opening_only() -> None:
    assert isinstance(open_archive(packed({"a": b"b"}), "mine.zip"), Archive)
