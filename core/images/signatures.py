"""What a file is that is no image: signatures of other formats, each with what to do instead."""

from __future__ import annotations

from typing import NamedTuple

from core.i18n import N_


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
