"""Recognises image formats by content, before anything is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from core import limits
from core.errors import UserError
from core.i18n import N_


class PictureError(UserError):
    """The only exception that reading a picture raises; its message names the file, the reason and the remedy."""


@dataclass(frozen=True)
class Outline:
    """What the structure of a file says: its `format`, one of `limits.PICTURE_FORMATS`, and the number of `frames`."""

    format: str
    frames: int


class Foreign(NamedTuple):
    """A kind of file that is no picture to ConvScope: `magic` stands at `offset` in it."""

    offset: int
    magic: bytes
    kind: str
    remedy: str


_EXPORT = N_("Export it as JPEG or PNG and choose that file.")
_EXPORT_PAGE = N_("Export the page or drawing as PNG and choose that file.")
_EXPORT_PHONE = N_(
    "Export it as JPEG or PNG and choose that file. An iPhone takes JPEG pictures when Settings › Camera › Formats is "
    "set to Most Compatible."
)
_SCREENSHOT = N_("Take a screenshot of one moment of it and choose that picture.")
_UNPACK = N_("Unpack it and choose one of the pictures inside.")
_ANOTHER = N_("Choose a picture saved as {formats}.")
_SMALLER = N_("Make it smaller in a picture editor and choose it again.")
_SAVE_ANEW = N_("Open it in a picture editor, save it anew as JPEG or PNG and choose that file.")
_FETCH_AGAIN = N_("Fetch it again in full, or save it anew as JPEG or PNG in a picture editor.")

PICTURE_MAGIC = (
    (re.compile(rb"\xff\xd8\xff"), "JPEG"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "PNG"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "WEBP"),
    (re.compile(rb"GIF8[79]a"), "GIF"),
    # "BM" alone would make a picture of any text that starts so; the size of its header follows at byte 14
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), "BMP"),
)
FRAME_MARKS = {"PNG": b"fcTL", "GIF": b",", "WEBP": b"ANMF"}  # the part that each frame of an animation has once
JPEG_SCAN = b"\xff\xda"
FOREIGN = (
    Foreign(0, b"II*\0", "TIFF", _EXPORT),
    Foreign(0, b"MM\0*", "TIFF", _EXPORT),
    Foreign(0, b"II+\0", "TIFF", _EXPORT),
    Foreign(0, b"MM\0+", "TIFF", _EXPORT),
    Foreign(0, b"\0\0\0\x0cjP  ", "JPEG 2000", _EXPORT),
    Foreign(0, b"\xff\x4f\xff\x51", "JPEG 2000", _EXPORT),
    Foreign(0, b"\0\0\0\x0cJXL ", "JPEG XL", _EXPORT),
    Foreign(0, b"\xff\x0a", "JPEG XL", _EXPORT),
    Foreign(0, b"8BPS", "Photoshop", _EXPORT),
    Foreign(0, b"gimp xcf", "GIMP", _EXPORT),
    Foreign(0, b"\0\0\1\0", "ICO", _EXPORT),
    Foreign(0, b"\x76\x2f\x31\x01", "OpenEXR", _EXPORT),
    Foreign(0, b"%!PS", "PostScript", _EXPORT_PAGE),
    Foreign(0, b"PK\x03\x04", "ZIP", _UNPACK),
    Foreign(0, b"PK\x05\x06", "ZIP", _UNPACK),
    Foreign(0, b"Rar!", "RAR", _UNPACK),
    Foreign(0, b"7z\xbc\xaf\x27\x1c", "7z", _UNPACK),
    Foreign(0, b"\x1f\x8b", "gzip", _UNPACK),
    Foreign(257, b"ustar", "tar", _UNPACK),
    Foreign(0, b"\x1a\x45\xdf\xa3", "MKV/WEBM", _SCREENSHOT),
    Foreign(8, b"AVI ", "AVI", _SCREENSHOT),
    Foreign(0, b"\0\0\1\xba", "MPEG", _SCREENSHOT),
    Foreign(0, b"MZ", "EXE", _ANOTHER),
    Foreign(0, b"\x7fELF", "ELF", _ANOTHER),
    Foreign(0, b"\x93NUMPY", "NumPy", _ANOTHER),
)
BRANDS = (  # of the ISO base media file format, ISO/IEC 14496-12: what its "ftyp" box lists
    ({b"avif", b"avis"}, "AVIF", _EXPORT),
    ({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}, "HEIC", _EXPORT_PHONE),
    ({b"crx "}, "CR3", _EXPORT),
)


def inspect(data: bytes, name: str) -> Outline:
    """Return what the file says of itself without decoding it.

    Raises `PictureError` when the file is empty, too large, of a kind that is not read here, or built to be slow.
    """
    _check_bytes(len(data), name)
    for magic, picture_format in PICTURE_MAGIC:
        if magic.match(data):
            return _structure(data, picture_format, name)
    raise _foreign(data, name)


def check_size(size: tuple[int, int], name: str, most_pixels: int) -> None:
    """Raise `PictureError` if an image of `size` (width, height) is too large to decode."""
    width, height = size
    if max(size) > limits.PICTURE_SIDE:
        raise PictureError(
            N_("“{name}” measures {width} × {height} pixels; a side may have {most} at most."),
            _SMALLER,
            name=name,
            width=width,
            height=height,
            most=limits.PICTURE_SIDE,
        )
    if width * height > most_pixels:
        raise PictureError(
            N_("“{name}” has {width} × {height} pixels, {megapixels} megapixels; at most {most} are read."),
            _SMALLER,
            name=name,
            width=width,
            height=height,
            megapixels=f"{width * height / 1e6:.1f}",
            most=f"{most_pixels / 1e6:g}",
        )


def damaged(name: str) -> PictureError:
    """Return the problem to raise for a picture whose pixels cannot be read."""
    return PictureError(N_("“{name}” is damaged or incomplete, so it cannot be read."), _FETCH_AGAIN, name=name)


def _check_bytes(length: int, name: str) -> None:
    if length == 0:
        raise PictureError(N_("“{name}” is empty: it has 0 bytes."), _FETCH_AGAIN, name=name)
    if length > limits.PICTURE_BYTES:
        raise PictureError(
            N_("“{name}” has {megabytes} MB; at most {most} MB are read."),
            _SMALLER,
            name=name,
            megabytes=f"{length / limits.MEBIBYTE:.1f}",
            most=limits.PICTURE_BYTES // limits.MEBIBYTE,
        )


def _structure(data: bytes, picture_format: str, name: str) -> Outline:
    """Return the outline of a picture; raise `PictureError` when decoding it would take too much time or memory."""
    blocks = list(islice(_blocks(data, picture_format), limits.PICTURE_BLOCKS + 1))
    scans = data.count(JPEG_SCAN) if picture_format == "JPEG" else 0
    if len(blocks) > limits.PICTURE_BLOCKS or scans > limits.JPEG_SCANS:
        raise PictureError(
            N_("“{name}” consists of so many parts that reading it would take very long."), _SAVE_ANEW, name=name
        )
    size = _declared_size(data, picture_format)
    if size is not None:
        check_size(size, name, _most_pixels(data, picture_format))
    mark = FRAME_MARKS.get(picture_format)
    return Outline(picture_format, max(1, blocks.count(mark)) if mark else 1)


def _most_pixels(data: bytes, picture_format: str) -> int:
    run_length_encoded = picture_format == "BMP" and data[14] >= 40 and data[30:34] in (b"\1\0\0\0", b"\2\0\0\0")
    costly = picture_format == "WEBP" or run_length_encoded
    return limits.PICTURE_PIXELS_OF_COSTLY[picture_format] if costly else limits.PICTURE_PIXELS


def _declared_size(data: bytes, picture_format: str) -> tuple[int, int] | None:
    """Return (width, height) in pixels as the head of the file has it, None where it cannot be found.

    Looked at before Pillow opens the file, since opening a WEBP or GIF already sets memory aside for its pixels.
    """
    read = {"JPEG": _jpeg_size, "PNG": _png_size, "WEBP": _webp_size, "GIF": _gif_size, "BMP": _bmp_size}
    try:
        return read[picture_format](data)
    except (struct.error, IndexError):  # the file ends in its head
        return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return the size in the frame header, the segment SOF (ITU-T T.81, B.2.2)."""
    position = 2
    while data[position] == 0xFF:
        marker, length = struct.unpack_from(">BH", data, position + 1)
        if marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 1 if marker == 0xFF else 2 + length
    return None


def _png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif_size(data: bytes) -> tuple[int, int]:
    """Return the size of the screen, or of the first frame where that is larger, since Pillow enlarges the screen."""
    position = 13 + _colour_table(data, 10)
    while data[position : position + 1] == b"!":
        position += 2
        while data[position]:
            position += 1 + data[position]
        position += 1
    screen_width, screen_height = struct.unpack_from("<HH", data, 6)
    left, top, width, height = struct.unpack_from("<HHHH", data, position + 1)
    return max(screen_width, left + width), max(screen_height, top + height)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the size of the canvas (RFC 9649, sections 2.5 to 2.7)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _bmp_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH" if data[14] == 12 else "<ii", data, 18)
    return abs(width), abs(height)  # a negative height says that the rows go from top to bottom


def _blocks(data: bytes, picture_format: str) -> Iterator[bytes]:
    """Return the kinds of the parts that the file consists of, in order, up to where it ends or makes no sense."""
    walk = {"JPEG": _jpeg_segments, "PNG": _png_chunks, "GIF": _gif_blocks, "WEBP": _webp_chunks}.get(picture_format)
    return walk(data) if walk else iter(())


def _jpeg_segments(data: bytes) -> Iterator[bytes]:
    # In compressed data FF is followed by 00 or D0..D7, so these are markers, a few chance ones in metadata aside.
    return (marker.group() for marker in re.finditer(rb"\xff[\xc0-\xcf\xda-\xfe]", data))


def _png_chunks(data: bytes) -> Iterator[bytes]:
    position = 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind
        if kind == b"IEND":
            return
        position += 12 + length


def _webp_chunks(data: bytes) -> Iterator[bytes]:
    position = 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        yield kind
        position += 8 + length + (length & 1)


def _gif_blocks(data: bytes) -> Iterator[bytes]:
    """Return "," for each frame, "!" for each extension and "" for each block of data (GIF89a, appendix A)."""
    position = 13 + _colour_table(data, 10)
    while position < len(data) and (kind := data[position : position + 1]) in (b",", b"!"):
        yield kind
        position += 11 + _colour_table(data, position + 9) if kind == b"," else 2
        while position < len(data) and data[position]:
            yield b""
            position += 1 + data[position]
        position += 1


def _colour_table(data: bytes, flags_at: int) -> int:
    """Return the number of bytes of the colour table that the flags at that place announce."""
    flags = data[flags_at] if flags_at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 128 else 0


def _foreign(data: bytes, name: str) -> PictureError:
    kind, remedy = _kind(data)
    formats = ", ".join(limits.PICTURE_FORMATS)
    if kind:
        reason = N_("“{name}” is a file of the kind {kind}, which ConvScope does not read.")
    elif _is_text(data):
        reason = N_("“{name}” contains text and no picture.")
    else:
        reason = N_("“{name}” is not a picture of a kind that ConvScope knows.")
    return PictureError(reason, remedy, name=name, kind=kind, formats=formats)


def _kind(data: bytes) -> tuple[str, str]:
    """Return the name of a kind of file that is no picture here, "" if unknown, and what to do with such a file."""
    if data[4:8] == b"ftyp":
        return _media_kind(data)
    for foreign in FOREIGN:
        if data.startswith(foreign.magic, foreign.offset):
            return foreign.kind, foreign.remedy
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"%pdf-" in start[:1024]:
        return "PDF", _EXPORT_PAGE
    if start.startswith(b"<") and b"<svg" in start:
        return "SVG", _EXPORT_PAGE
    if start.startswith((b"<!doctype html", b"<html")):
        return "HTML", N_("It is a web page: open the picture in it by itself, save that and choose it.")
    return "", _ANOTHER


def _media_kind(data: bytes) -> tuple[str, str]:
    end = min(int.from_bytes(data[:4]), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    for members, kind, remedy in BRANDS:
        if brands & members:
            return kind, remedy
    return "MP4/MOV", _SCREENSHOT


def _is_text(data: bytes) -> bool:
    text = data[:4096].decode("utf-8", errors="ignore")  # a character may be cut in two at the end
    enough = max(1, len(data[:4096]) - 3)
    return len(text.encode()) >= enough and all(c.isprintable() or c in "\t\r\n\f" for c in text)
