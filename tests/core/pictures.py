"""Picture files made for tests and benchmarks: sound ones of every mode, and thousands that are broken on purpose."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
from PIL import Image, ImageCms

RGB = tuple[int, int, int]
D50 = (0.9642, 1.0, 0.8249)
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))  # XYZ under D50
CYAN_IN_LAB = (60.0, -30.0, -40.0)  # what cmyk_profile() makes of full cyan


def save(image: Image.Image, picture_format: str, **options: object) -> bytes:
    """Return the file that Pillow writes."""
    file = io.BytesIO()
    image.save(file, picture_format, **options)
    return file.getvalue()


def photograph(width: int = 32, height: int = 24, seed: int = 0) -> Image.Image:
    """Return a small RGB picture with gradients and noise, so that every part of a file matters."""
    noise = np.random.default_rng(seed).integers(0, 40, (height, width, 3))
    rows, columns = np.mgrid[0:height, 0:width]
    smooth = np.stack([rows * 200 // height, columns * 200 // width, (rows + columns) * 200 // (height + width)], -1)
    return Image.fromarray((smooth + noise).astype(np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], depth: int, colour_type: int, rows: list[bytes], extra: bytes = b"") -> bytes:
    """Return a PNG file of unfiltered `rows`, written without Pillow; `extra` chunks stand before the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + extra + pixels + chunk(b"IEND", b"")


def gif(frames: int, size: tuple[int, int] = (1, 1)) -> bytes:
    """Return an animated GIF of one-pixel frames on a black and white palette."""
    frame = b"," + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0" + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HH", *size) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def bmp_rle(width: int, height: int, body: bytes) -> bytes:
    """Return a BMP file of 8 bits a pixel, run-length encoded, on a palette from blue to red."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 0, 0)
    palette = b"".join(bytes([255 - i, 0, i, 0]) for i in range(256))
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + header + palette + body


def exif(orientation: int) -> bytes:
    """Return an EXIF block that states an orientation."""
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def icc_profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile (ICC.1:2001-04) of a colour `space` over a `connection` space."""
    tags = {b"desc": _description(b"Made for tests"), b"wtpt": _xyz(D50), **tags}
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        table += struct.pack(">4sII", signature, start + len(body), len(data))
        body += data.ljust(-len(data) % 4 + len(data), b"\0")
    header = struct.pack(">I4sI4s4s4s", 128 + len(table + body), b"test", 0x02400000, b"prtr", space, connection)
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp").ljust(32, b"\0") + _numbers(D50)
    return header.ljust(128, b"\0") + table + body


def rgb_profile(primaries: tuple[tuple[float, ...], ...] = ADOBE_RGB, gamma: float = 563 / 256) -> bytes:
    """Return a profile of three primaries and a gamma; by default close to Adobe RGB (1998)."""
    columns = {name: _xyz(primary) for name, primary in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    curves = {name: _gamma(gamma) for name in (b"rTRC", b"gTRC", b"bTRC")}
    return icc_profile(b"RGB ", b"XYZ ", {**columns, **curves})


def grey_profile(gamma: float) -> bytes:
    """Return a profile of a grey picture."""
    return icc_profile(b"GRAY", b"XYZ ", {b"kTRC": _gamma(gamma)})


def cmyk_profile() -> bytes:
    """Return a profile in which full cyan is `CYAN_IN_LAB`, no ink white, any black ink black, the rest mid grey."""
    identity = bytes(range(256))
    corners = []
    for cyan, magenta, yellow, black in np.ndindex(2, 2, 2, 2):
        lightness, a, b = (0.0, 0.0, 0.0) if black else (50.0, 0.0, 0.0)
        if not (magenta or yellow or black):
            lightness, a, b = CYAN_IN_LAB if cyan else (100.0, 0.0, 0.0)
        corners += [round(lightness * 2.55), round(a + 128), round(b + 128)]
    table = struct.pack(">4sIBBBB", b"mft1", 0, 4, 3, 2, 0) + _numbers((1, 0, 0, 0, 1, 0, 0, 0, 1))
    return icc_profile(b"CMYK", b"Lab ", {b"A2B0": table + identity * 4 + bytes(corners) + identity * 3})


def swapped_profile() -> bytes:
    """Return sRGB with red and green exchanged."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb.replace(b"rXYZ", b"----", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"----", b"gXYZ", 1)


def _numbers(values: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _numbers(values)


def _gamma(gamma: float) -> bytes:
    return struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256))


def _description(text: bytes) -> bytes:
    return struct.pack(">4sII", b"desc", 0, len(text) + 1) + text + b"\0" + bytes(78)


@cache
def sound_pictures() -> dict[str, bytes]:
    """Return small files that can be shown: every format, in every mode that it has."""
    image = photograph()
    grey, alpha = image.convert("L"), Image.linear_gradient("L").resize(image.size)
    see_through = image.copy()
    see_through.putalpha(alpha)
    palette = image.quantize(16)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    frames = [photograph(seed=seed) for seed in range(3)]
    animated = {"save_all": True, "append_images": frames[1:], "duration": 50}
    return {
        "plain.jpg": save(image, "JPEG"),
        "progressive.jpg": save(image, "JPEG", progressive=True),
        "grey.jpg": save(grey, "JPEG"),
        "cmyk.jpg": save(image.convert("CMYK"), "JPEG"),
        "inks.jpg": save(image.convert("CMYK"), "JPEG", icc_profile=cmyk_profile()),
        "turned.jpg": save(image, "JPEG", exif=exif(6), icc_profile=rgb_profile()),
        "plain.png": save(image, "PNG"),
        "alpha.png": save(see_through, "PNG", icc_profile=rgb_profile(), exif=exif(3)),
        "grey-alpha.png": save(see_through.convert("LA"), "PNG"),
        "palette.png": save(palette, "PNG"),
        "palette-alpha.png": save(palette, "PNG", transparency=bytes(range(0, 256, 16))),
        "bilevel.png": save(grey.convert("1"), "PNG"),
        "deep.png": save(deep, "PNG", icc_profile=grey_profile(1.8)),
        "animated.png": save(frames[0], "PNG", **animated),
        "lossy.webp": save(image, "WEBP", exif=exif(8)),
        "lossless.webp": save(see_through, "WEBP", lossless=True),
        "animated.webp": save(frames[0], "WEBP", **animated),
        "plain.gif": save(palette, "GIF"),
        "alpha.gif": save(palette, "GIF", transparency=3),
        "animated.gif": save(frames[0], "GIF", **animated),
        "plain.bmp": save(image, "BMP"),
        "palette.bmp": save(palette, "BMP"),
        "bilevel.bmp": save(grey.convert("1"), "BMP"),
        "run-length.bmp": bmp_rle(20, 8, b"\x14\x40\0\0" * 8 + b"\0\1"),
    }


@cache
def wrong_types() -> dict[str, bytes]:
    """Return files that are no pictures of an accepted format, by a name for what they are."""
    image = photograph()
    brands = {"heic": b"heic\0\0\0\0mif1heic", "avif": b"mif1\0\0\0\0mif1avif", "mp4": b"isom\0\0\2\0isommp41"}
    media = {name: b"\0\0\0\x18ftyp" + brand + b"\0\0\0\x08mdat" for name, brand in brands.items()}
    return {
        **media,
        "mov": b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + bytes(50),
        "cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(50),
        "tiff": save(image, "TIFF"),
        "tiff-deep": save(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"),
        "jpeg2000": save(image, "JPEG2000"),
        "jxl": b"\xff\x0a" + bytes(50),
        "ico": save(image, "ICO"),
        "ppm": save(image, "PPM"),
        "tga": save(image, "TGA"),
        "psd": b"8BPS\0\1" + bytes(50),
        "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>',
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "postscript": b"%!PS-Adobe-3.0\nshowpage\n",
        "html": b"\n<!DOCTYPE html><html><img src=cat.jpg></html>",
        "zip": b"PK\x03\x04\x14\0" + bytes(40),
        "empty-zip": b"PK\x05\x06" + bytes(18),
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "rar": b"Rar!\x1a\x07\0" + bytes(30),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(30),
        "tar": b"cat.jpg".ljust(257, b"\0") + b"ustar\x0000" + bytes(300),
        "exe": b"MZ\x90\0\3\0" + bytes(60),
        "elf": b"\x7fELF\2\1\1" + bytes(60),
        "avi": b"RIFF\x20\0\0\0AVI LIST" + bytes(40),
        "wav": b"RIFF\x20\0\0\0WAVEfmt " + bytes(40),
        "webm": b"\x1a\x45\xdf\xa3" + bytes(40),
        "npy": b"\x93NUMPY\1\0" + bytes(40),
        "pickle": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94.",
        "text": "Élan is no picture.\n".encode(),
        "text-like-bmp": b"BMW builds cars and no bitmaps, whatever the letters say.",
        "one-byte": b"\xff",
        "empty": b"",
        "zeros": bytes(1000),
    }


@cache
def bombs() -> dict[str, bytes]:
    """Return small files that would take very much memory or time if they were decoded without a look first."""
    black = b"\0" * 900_000
    scans = save(photograph(), "JPEG", progressive=True)
    last_scan = scans[scans.rfind(b"\xff\xda") : -2]
    tiny = [b"\0" * 24] * 8
    huge_webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (29_999).to_bytes(3, "little") * 2
    huge_frame = gif(0)[:19] + b"\x21\xf9\x04\x08\0\0\0\0," + struct.pack("<HHHH", 0, 0, 30_000, 30_000) + b"\0\x02\0;"
    return {
        "50000x50000.png": png((50_000, 50_000), 1, 0, [b"\0" * 6250] * 100),
        "9400x9400.png": save(Image.new("1", (9400, 9400)), "PNG"),
        "2-billion-wide.png": png((2**31 - 1, 2**31 - 1), 8, 2, tiny),
        "12001x1.png": save(Image.new("L", (12_001, 1)), "PNG"),
        "65000x65000.jpg": _resized_jpeg(65_000, 65_000),
        "60000x60000.gif": gif(1, (60_000, 60_000)),
        "30000x30000-frame.gif": huge_frame,
        "30000x30000.webp": huge_webp,
        "16383x16383.webp": huge_webp[:24] + (16_382).to_bytes(3, "little") * 2,
        "2-billion-wide.bmp": bmp_rle(2**31 - 1, 2**31 - 1, b"\0\1"),
        "12000x4000-run-length.bmp": bmp_rle(12_000, 4_000, b"\x01\x05\0\0" * 4_000),
        "text.png": png((8, 8), 8, 2, tiny, chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(100_000_000), 1))),
        "texts.png": png((8, 8), 8, 2, tiny, chunk(b"zTXt", b"k\0\0" + zlib.compress(black)) * 80),
        "profile.png": png((8, 8), 8, 2, tiny, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(100_000_000), 1))),
        "chunks.png": png((8, 8), 8, 2, tiny, chunk(b"prVt", b"") * 250_000),
        "scans.jpg": scans[:-2] + last_scan * 5_000 + b"\xff\xd9",
        "segments.jpg": scans[:2] + b"\xff\xe5\0\2" * 250_000 + scans[2:],
        "frames.gif": gif(250_000),
        "comment.gif": gif(0)[:19] + b"\x21\xfe" + b"\1a" * 250_000 + b"\0" + gif(1)[19:],
    }


def _resized_jpeg(width: int, height: int) -> bytes:
    data = save(photograph(), "JPEG")
    frame_header = data.find(b"\xff\xc0")
    return data[: frame_header + 5] + struct.pack(">HH", height, width) + data[frame_header + 9 :]


def odd_shapes() -> Iterator[tuple[str, bytes]]:
    """Return sound files of extreme shapes, up to the longest side that is accepted."""
    for width, height in ((1, 1), (1, 2), (2, 1), (1, 12_000), (12_000, 1), (3, 12_000), (12_000, 100), (1025, 1024)):
        for picture_format in ("PNG", "JPEG", "GIF", "BMP"):
            image = Image.new("RGB", (width, height), (200, 100, 50))
            yield f"{width}x{height}.{picture_format.lower()}", save(image, picture_format)


def flipped(data: bytes, seed: int, flips: int = 3) -> bytes:
    """Return `data` with a few bits changed."""
    generator, changed = random.Random(seed), bytearray(data)
    for _ in range(generator.randint(1, flips)):
        changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def spliced(data: bytes, other: bytes, seed: int) -> bytes:
    """Return `data` with a stretch of it removed, repeated, zeroed, made random or taken from another file."""
    generator = random.Random(seed)
    start = generator.randrange(len(data))
    length = min(generator.randint(1, 64), len(data) - start)
    stretch = data[start : start + length]
    random_bytes, at = generator.randbytes(length), generator.randrange(len(other))
    changes = (b"", stretch * 3, bytes(length), b"\xff" * length, random_bytes, other[at : at + length])
    return data[:start] + generator.choice(changes) + data[start + length :]


def bad_metadata(seed: int) -> tuple[str, bytes]:
    """Return a sound picture, and its name, whose EXIF block or colour profile is broken."""
    generator = random.Random(seed)
    block, profile = exif(generator.randint(0, 9)), generator.choice((rgb_profile(), grey_profile(2.2), cmyk_profile()))
    if generator.random() < 0.8:
        block, profile = flipped(block, seed, 6), flipped(profile, seed, 6)
    picture_format = generator.choice(("JPEG", "PNG", "WEBP"))
    image = photograph().convert(generator.choice(("RGB", "L"))) if picture_format != "WEBP" else photograph()
    return f"{seed}.{picture_format.lower()}", save(image, picture_format, exif=block, icc_profile=profile)


def bad_and_good_pictures() -> Iterator[tuple[str, str, bytes]]:
    """Return (kind, name, bytes) of some four thousand files, the same ones each time, made one after the other."""
    sound = sound_pictures()
    files = list(sound.values())
    yield from (("sound", name, data) for name, data in sound.items())
    yield from (("odd shape", name, data) for name, data in odd_shapes())
    yield from (("wrong type", f"{name}.jpg", data) for name, data in wrong_types().items())
    yield from (("bomb", name, data) for name, data in bombs().items())
    for number, (name, data) in enumerate(sound.items()):
        for percent in range(1, 100, 3):
            yield "truncated", f"{percent}%-{name}", data[: len(data) * percent // 100]
        for seed in range(60):
            yield "bits flipped", f"{seed}-{name}", flipped(data, seed + 1000 * number)
            yield "spliced", f"{seed}-{name}", spliced(data, files[seed % len(files)], seed + 1000 * number)
        for seed in range(12):
            noise = random.Random(seed + 1000 * number).randbytes(400)
            yield "noise after a right start", f"{seed}-{name}", data[: 12 + 4 * seed] + noise
    yield from (("bad metadata", *bad_metadata(seed)) for seed in range(300))
