"""Bytes become pictures with the right colours or one kind of problem; networks receive what torchvision gives them."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import pickle
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core import torchvision_compat  # noqa: F401
from core.paths import ROOT

# isort: split
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from core import limits
from core.datasets.sample_images import SAMPLES, sample
from core.images import picture as images
from core.images.decoding import Note, to_eight_bit
from core.images.formats import PictureError
from core.images.picture import Picture, decode
from core.images.preprocessing import Preprocessing, fit_to_input, from_array, to_array
from tests.core import pictures
from tests.core.pictures import chunk, photograph, png, save, sound_pictures

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
IMAGENET = Preprocessing(resize=256, crop=224)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")


def pixels(picture: Picture | bytes) -> np.ndarray[Any, Any]:
    """Return the values of a picture, or of the picture in a file, as integers of shape (height, width, 3)."""
    shown = decode(picture, "test") if isinstance(picture, bytes) else picture
    assert shown.image.mode == "RGB"
    return np.asarray(shown.image, dtype=int)


def assert_pixels(data: bytes, *expected: pictures.RGB, tolerance: int = 2) -> Picture:
    """Check the first pixels of the top row."""
    picture = decode(data, "test")
    first = pixels(picture)[0, : len(expected)]
    assert np.abs(first - expected).max() <= tolerance, first.tolist()
    return picture


def said(picture: Picture) -> str:
    return " ".join(str(note) for note in picture.notes)


def refusal(data: bytes, name: str = "test.jpg") -> str:
    with pytest.raises(PictureError) as caught:
        decode(data, name)
    return str(caught.value)


def attempt(data: bytes, name: str) -> Picture | None:
    """Return the picture, or None where it was refused as it should be."""
    try:
        return decode(data, name)
    except PictureError as problem:
        if name not in str(problem) or not problem.remedy:
            raise AssertionError("names neither the file nor a remedy") from problem
        return None


# --- the record


def test_a_picture_says_what_it_is_and_pickles() -> None:
    data = sound_pictures()["turned.jpg"]
    picture = decode(data, "cat.png")
    assert (picture.name, picture.format, picture.width, picture.height) == ("cat.png", "JPEG", 24, 32)
    assert picture.image.size == (24, 32)
    assert picture.digest == hashlib.sha256(data).hexdigest()
    assert not picture.image.info
    copy = pickle.loads(pickle.dumps(picture))
    assert copy == picture
    assert hash(copy) == hash(picture)
    assert copy.notes == picture.notes
    assert copy.image.tobytes() == picture.image.tobytes()
    assert decode(data, "dog.png") != picture
    assert decode(data + b"\0", "cat.png") != picture


def test_a_name_is_only_a_label() -> None:
    data = sound_pictures()["plain.png"]
    for name in ("../../etc/passwd", "{0.__class__}", "{name!r:>999999}", "%s%n", "\0\n\x1b[31m\udcff", "a" * 5000, ""):
        kept = decode(data, name).name
        assert kept.isprintable() or not kept
        assert len(kept) <= images.NAME_LENGTH
        message = refusal(b"\xff\xd8\xff", name)
        assert kept in message
        assert "\n" not in message


def test_importing_it_is_light() -> None:
    script = """
import sys, core.images.picture, core.datasets.sample_images
core.datasets.sample_images.sample("chelsea")
heavy = {"torch", "torchvision", "skimage", "sklearn", "scipy", "streamlit"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)


# --- colours: what each kind of file has to look like


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("transparent", [False, True])
def test_grey_pngs_of_every_depth(depth: int, transparent: bool) -> None:
    most = (1 << depth) - 1
    row = struct.pack(">3H", 0, 1000, most) if depth == 16 else bytes([most & 0xFF] if depth == 8 else [0x0F])
    extra = chunk(b"tRNS", struct.pack(">H", most)) if transparent else b""
    size = {1: (8, 1), 2: (4, 1), 4: (2, 1), 8: (1, 1), 16: (3, 1)}[depth]
    data = png(size, depth, 0, [row], extra)
    values = {16: [0, 4, 255], 8: [255], 4: [0, 255], 2: [0, 0, 255, 255], 1: [0, 0, 0, 0, 255, 255, 255, 255]}[depth]
    picture = assert_pixels(data, *((value, value, value) for value in values), tolerance=0)  # the white ones are laid
    assert ("transparent" in said(picture)) == transparent  # on white, so that only the note shows the difference


def test_a_transparent_grey_or_colour_is_the_one_the_file_means() -> None:
    for depth, row, key in ((2, 0b00_01_10_11, 2), (4, 0x0F, 0)):
        data = png((8 // depth, 1), depth, 0, [bytes([row])], chunk(b"tRNS", struct.pack(">H", key)))
        levels = [(row >> shift & (1 << depth) - 1) for shift in range(8 - depth, -1, -depth)]
        expected = [255 if level == key else level * 255 // ((1 << depth) - 1) for level in levels]
        assert_pixels(data, *((value,) * 3 for value in expected), tolerance=0)
    deep = struct.pack(">2H", 1000, 60_000)
    assert_pixels(png((2, 1), 16, 0, [deep], chunk(b"tRNS", deep[:2])), WHITE, (233, 233, 233))
    colours = struct.pack(">6H", 0x1234, 0, 0, 0x3400, 0, 0)
    assert_pixels(png((2, 1), 16, 2, [colours], chunk(b"tRNS", colours[:6])), WHITE, (0x34, 0, 0))


def test_sixteen_bits_do_not_turn_white() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[np.newaxis]
    picture = decode(save(Image.fromarray(ramp), "PNG"), "ramp.png")
    assert np.abs(pixels(picture)[0, :, 0] - np.arange(256)).max() <= 1
    assert "16-bit" in said(picture)
    colours = struct.pack(">6H", 0, 32768, 65535, 257, 514, 771)
    assert_pixels(png((2, 1), 16, 2, [colours]), (0, 128, 255), (1, 2, 3))
    assert_pixels(png((1, 1), 16, 4, [struct.pack(">2H", 32768, 65535)]), (128, 128, 128))
    assert_pixels(png((1, 1), 16, 6, [struct.pack(">4H", 65535, 0, 0, 32768)]), (255, 127, 127))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (np.float32([0.0, 0.5, 1.0]), [0, 128, 255]),
        (np.float32([0.0, 100.0, 255.0]), [0, 100, 255]),
        (np.float32([0.0, 1000.0, 65535.0]), [0, 4, 255]),
        (np.float32([-3.0, 0.0, 3.0]), [0, 128, 255]),
        (np.float32([np.nan, np.inf, -np.inf]), [0, 255, 0]),
        (np.float32([np.nan, 1.0, np.inf]), [0, 255, 255]),
        (np.float32([-7.0, -7.0, -7.0]), [0, 0, 0]),
        (np.int32([0, 70_000, 140_000]), [0, 128, 255]),
        (np.uint16([0, 1000, 65535]), [0, 4, 255]),
        (np.array([0, 1000, 65535], dtype=">u2"), [0, 4, 255]),
    ],
)
def test_greys_of_other_ranges(levels: np.ndarray[Any, Any], expected: list[int]) -> None:
    """No accepted format has floats; a decoder that yields them has to find them handled."""
    notes: list[Note] = []
    grey = np.asarray(to_eight_bit(Image.fromarray(levels[np.newaxis]), notes), dtype=int)[0]
    assert np.abs(grey - expected).max() <= 1, grey
    assert notes


def test_transparency_is_laid_on_white() -> None:
    assert limits.TRANSPARENCY_ON == WHITE
    colours = Image.new("RGBA", (3, 1))
    for column, colour in enumerate([(255, 0, 0, 0), (255, 0, 0, 255), (0, 0, 0, 128)]):
        colours.putpixel((column, 0), colour)
    for picture_format, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        picture = assert_pixels(save(colours, picture_format, **options), WHITE, (255, 0, 0), (127, 127, 127))
        assert "white" in said(picture)
    assert_pixels(save(colours.convert("LA"), "PNG"), WHITE, (76, 76, 76), (127, 127, 127))
    opaque = Image.new("RGBA", (2, 2), (1, 2, 3, 255))
    assert not assert_pixels(save(opaque, "PNG"), (1, 2, 3)).notes


def test_transparency_survives_reduction_without_dark_edges() -> None:
    """Hidden colours must not bleed: averaging has to weigh them with their opacity."""
    stripes = np.zeros((64, 2048, 4), np.uint8)
    stripes[:, ::2] = (255, 255, 255, 255)  # white beside black that cannot be seen
    assert_pixels(save(Image.fromarray(stripes), "PNG"), *[WHITE] * 1024)


def test_palettes() -> None:
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30]))
    row = [bytes([0b00_01_10_11])]
    picture = assert_pixels(png((4, 1), 2, 3, row, palette), (255, 0, 0), (0, 255, 0), (0, 0, 255), (10, 20, 30))
    assert "palette" in said(picture)
    see_through = palette + chunk(b"tRNS", bytes([0, 128]))
    assert_pixels(png((4, 1), 2, 3, row, see_through), WHITE, (127, 255, 127), (0, 0, 255), (10, 20, 30))
    image = Image.new("P", (2, 1), 1)
    image.putpalette([1, 2, 3, 40, 50, 60])
    image.putpixel((0, 0), 0)
    for picture_format in ("GIF", "BMP", "PNG"):
        assert_pixels(save(image, picture_format), (1, 2, 3), (40, 50, 60), tolerance=0)
    assert_pixels(save(image, "GIF", transparency=1), (1, 2, 3), WHITE, tolerance=0)
    assert_pixels(pictures.bmp_rle(3, 1, b"\x02\xff\x01\x00\0\0\0\1"), (255, 0, 0), (255, 0, 0), (0, 0, 255))


def test_bilevel_and_grey() -> None:
    image = Image.fromarray(np.array([[0, 255]], np.uint8))
    for picture_format in ("PNG", "GIF", "BMP"):
        picture = assert_pixels(save(image.convert("1"), picture_format), BLACK, WHITE, tolerance=0)
        assert "grey" in said(picture) or picture_format == "GIF"  # Pillow may write that one with a palette
    assert "grey" in said(assert_pixels(save(Image.new("L", (8, 8), 99), "JPEG"), (99, 99, 99)))


@pytest.mark.parametrize(
    ("inks", "expected"),
    [
        ((255, 0, 0, 0), (0, 255, 255)),
        ((0, 0, 0, 255), BLACK),
        ((0, 0, 0, 0), WHITE),
        ((0, 128, 255, 0), (255, 127, 0)),
    ],
)
def test_cmyk_without_a_profile(inks: tuple[int, ...], expected: pictures.RGB) -> None:
    """Pillow writes such a JPEG as Adobe does: inverted, with an Adobe marker."""
    data = save(Image.new("CMYK", (16, 16), inks), "JPEG", quality=100)
    assert b"Adobe" in data
    assert "CMYK" in said(assert_pixels(data, expected))


def lab_to_srgb(lightness: float, a: float, b: float) -> np.ndarray[Any, Any]:
    """Return CIE Lab under D50 as sRGB, from the formulas of ICC.1 and IEC 61966-2-1."""
    y = (lightness + 16) / 116
    ratios = np.array([y + a / 500, y, y - b / 200])
    xyz = np.where(ratios > 6 / 29, ratios**3, (ratios - 4 / 29) * 3 * (6 / 29) ** 2) * pictures.D50
    return xyz_to_srgb(xyz)


def xyz_to_srgb(xyz: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    matrix = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
    linear = np.clip(np.linalg.solve(matrix, xyz), 0, 1)  # the primaries of sRGB, adapted to D50
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


def test_cmyk_with_a_profile() -> None:
    profile = pictures.cmyk_profile()
    expected = lab_to_srgb(*pictures.CYAN_IN_LAB)
    for inks, colour in (((255, 0, 0, 0), tuple(expected)), ((0, 0, 0, 0), WHITE), ((0, 0, 0, 255), BLACK)):
        data = save(Image.new("CMYK", (16, 16), inks), "JPEG", quality=100, icc_profile=profile)
        assert "Made for tests" in said(assert_pixels(data, colour, tolerance=3))


def test_colour_profiles_become_srgb() -> None:
    profile = pictures.rgb_profile()
    primaries = np.array(pictures.ADOBE_RGB).T
    for colour in ((200, 100, 50), (128, 128, 128), (60, 140, 90), (255, 255, 255)):
        expected = xyz_to_srgb(primaries @ ((np.array(colour) / 255) ** (563 / 256)))
        for picture_format, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 100})):
            data = save(Image.new("RGB", (16, 16), colour), picture_format, icc_profile=profile, **options)
            assert "Made for tests" in said(assert_pixels(data, tuple(expected), tolerance=3))
    red = save(Image.new("RGBA", (1, 1), (255, 0, 0, 255)), "PNG", icc_profile=pictures.swapped_profile())
    assert_pixels(red, (0, 255, 0))
    half = save(Image.new("RGBA", (1, 1), (255, 0, 0, 128)), "PNG", icc_profile=pictures.swapped_profile())
    assert_pixels(half, (127, 255, 127))
    linear = save(Image.new("L", (1, 1), 128), "PNG", icc_profile=pictures.grey_profile(1.0))
    assert_pixels(linear, (188, 188, 188))
    grey_in_rgb = save(Image.new("L", (8, 8), 128), "JPEG", icc_profile=pictures.rgb_profile(gamma=1.0))
    assert_pixels(grey_in_rgb, (188, 188, 188))


def test_an_srgb_profile_changes_nothing_and_is_not_mentioned() -> None:
    picture = sample("chelsea")
    path = Path(str(importlib.util.find_spec("skimage").origin)).parent / "data" / "chelsea.png"
    with Image.open(path) as image:
        assert image.info["icc_profile"]
        assert (pixels(picture) == np.asarray(image.convert("RGB"))).all()
    assert not picture.notes


@pytest.mark.parametrize("profile", [b"no profile", pictures.grey_profile(2.2), pictures.cmyk_profile(), bytes(4000)])
def test_an_unusable_profile_is_ignored_and_said(profile: bytes) -> None:
    picture = assert_pixels(save(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG", icc_profile=profile), (1, 2, 3))
    assert "ignored" in said(picture)


UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("orientation", [*range(10), 65535])
def test_orientations(orientation: int) -> None:
    image = photograph(40, 24)
    for picture_format, options in (("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})):
        plain = pixels(save(image, picture_format, **options))
        picture = decode(save(image, picture_format, exif=pictures.exif(orientation), **options), "turned")
        upright = UPRIGHT.get(orientation, UPRIGHT[1])(plain)
        assert (pixels(picture) == upright).all()
        assert (picture.height, picture.width) == upright.shape[:2]
        assert ("EXIF" in said(picture)) == (2 <= orientation <= 8)


def test_only_the_first_frame_is_shown_and_said() -> None:
    first = photograph(seed=0)
    for name, tolerance in (("animated.png", 0), ("animated.webp", 60), ("animated.gif", 60)):
        picture = decode(sound_pictures()[name], name)
        assert "3 frames" in said(picture)
        assert np.abs(pixels(picture) - np.asarray(first, dtype=int)).mean() <= tolerance / 5
    assert "50000 frames" in said(decode(pictures.gif(50_000), "long.gif"))
    assert "frames" not in said(decode(sound_pictures()["plain.gif"], "plain.gif"))


def test_a_picture_for_two_eyes_is_a_jpeg() -> None:
    data = save(photograph(), "MPO", save_all=True, append_images=[photograph(seed=1)])
    picture = decode(data, "phone.jpg")
    assert (picture.format, picture.notes) == ("JPEG", ())


# --- sizes


@pytest.mark.parametrize(("name", "data"), list(pictures.odd_shapes()))
def test_odd_shapes(name: str, data: bytes) -> None:
    picture = decode(data, name)
    assert max(picture.image.size) == min(limits.KEPT_SIDE, max(picture.width, picture.height))
    assert min(picture.image.size) >= 1
    assert np.abs(pixels(picture) - (200, 100, 50)).max() <= 2
    for fit in ("crop", "letterbox"):
        result = fit_to_input(picture, IMAGENET, fit)
        assert result.image.size == (224, 224)
        left, top, right, bottom = result.content
        inside = np.asarray(result.image, dtype=int)[top:bottom, left:right]
        assert inside.size
        assert np.abs(inside - (200, 100, 50)).max() <= 2


def test_large_pictures_are_reduced_and_said() -> None:
    for image in (photograph(1500, 500), sample("china").image.resize((2560, 1708))):
        for picture_format, options in (("PNG", {"compress_level": 1}), ("JPEG", {})):
            data = save(image, picture_format, **options)
            picture = decode(data, "large")
            assert picture.image.width == limits.KEPT_SIDE
            assert f"{image.width} × {image.height}" in said(picture)
            whole = Image.open(io.BytesIO(data)).convert("RGB")
            reference = np.asarray(whole.resize(picture.image.size, Image.Resampling.BICUBIC), dtype=int)
            assert np.abs(pixels(picture) - reference).mean() < 2  # a JPEG was decoded at half its size


def test_memory_stays_within_bounds() -> None:
    """A bomb costs next to nothing, and a picture of the largest size about its pixels alone."""
    script = """
import resource, sys
from PIL import Image
from core.images.picture import PictureError, decode
from tests.core.pictures import bombs, save
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
files = bombs()
before = peak()
for name, data in files.items():
    try:
        decode(data, name)
    except PictureError:
        continue
    raise SystemExit(name)
assert peak() - before < 50, peak() - before
large = save(Image.new("L", (10_000, 4_900), 7), "PNG", compress_level=1)
before = peak()
assert decode(large, "large.png").image.width == 1024
assert peak() - before < 8 * 49, peak() - before
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=100)


# --- refusals


@pytest.mark.parametrize("name", sorted(sound_pictures()))
def test_a_cut_file_is_refused_or_shown_whole(name: str) -> None:
    data = sound_pictures()[name]
    whole = pixels(data)
    for percent in range(10, 100):
        picture = attempt(data[: len(data) * percent // 100], name)
        if picture is not None:
            assert name == "animated.gif" or percent >= 98  # only the mark at the end is missing
            assert (pixels(picture) == whole).all()


def test_a_cut_photograph_is_refused() -> None:
    data = save(photograph(2000, 1500), "JPEG", progressive=True)
    for percent in (10, 50, 90, 99):
        assert "damaged or incomplete" in refusal(data[: len(data) * percent // 100])


def test_corrupted_files_give_a_picture_or_a_problem() -> None:
    for number, (name, data) in enumerate(sound_pictures().items()):
        for seed in range(75):  # of each file; each format has three or more of them
            picture = attempt(pictures.flipped(data, seed * 31 + number), name)
            assert picture is None or min(picture.image.size) >= 1


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(sound_pictures()["plain.png"])
    start = data.find(b"IDAT") + 4
    end = start + struct.unpack_from(">I", data, start - 8)[0]
    data[end] ^= 1
    assert "damaged" in refusal(bytes(data))


def test_broken_metadata_does_not_cost_the_picture() -> None:
    for seed in range(60):
        name, data = pictures.bad_metadata(seed)
        assert decode(data, name).image.size in ((32, 24), (24, 32))


@pytest.mark.parametrize("name", sorted(pictures.wrong_types()))
def test_wrong_types_are_recognised_by_their_content(name: str) -> None:
    message = refusal(pictures.wrong_types()[name], "holiday.jpg")
    assert "holiday.jpg" in message
    words = {
        "heic": "iPhone",
        "avif": "AVIF",
        "tiff": "Export it as JPEG or PNG",
        "svg": "SVG",
        "pdf": "PDF",
        "zip": "Unpack",
        "mp4": "screenshot",
        "exe": "EXE",
        "html": "web page",
        "text": "text",
        "text-like-bmp": "text",
        "empty": "0 bytes",
        "zeros": "not a picture",
        "one-byte": "not a picture",
    }
    assert words.get(name, "") in message


@pytest.mark.parametrize("name", sorted(pictures.bombs()))
def test_bombs_are_refused(name: str) -> None:
    message = refusal(pictures.bombs()[name], name)
    if name[0].isdigit():
        assert "pixels" in message


def test_each_limit_is_stated_when_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(limits.PICTURE_SIDE) in refusal(save(Image.new("1", (12_001, 2)), "PNG"))
    assert "88.4 megapixels; at most 50" in refusal(save(Image.new("1", (9400, 9400)), "PNG"))
    assert "at most 20 MB" in refusal(bytes(limits.PICTURE_BYTES + 1))
    monkeypatch.setitem(limits.PICTURE_PIXELS_OF_COSTLY, "WEBP", 500)
    for name in ("lossy.webp", "lossless.webp", "animated.webp"):
        assert "32 × 24" in refusal(sound_pictures()[name])


def test_nothing_else_escapes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(images, "read", fail)
    for failure in (RecursionError("deep"), AssertionError(), Image.DecompressionBombError("bomb")):
        with caplog.at_level("INFO", logger="core.images.picture"):
            assert "damaged" in refusal(sound_pictures()["plain.png"], "x.png")
        assert type(failure).__name__ in caplog.text
    failure = MemoryError()
    assert "not enough memory" in refusal(sound_pictures()["plain.png"], "x.png")
    assert "damaged" in refusal("not bytes", "x.png")  # type: ignore[arg-type]


# --- many at once


def test_thirty_at_once() -> None:
    sound = [*sound_pictures().items(), *sound_pictures().items()][:30]
    alone = [pixels(data) for _, data in sound]
    with ThreadPoolExecutor(30) as pool:
        together = list(pool.map(lambda item: decode(item[1], item[0]), sound))
    for picture, expected in zip(together, alone, strict=True):
        assert (pixels(picture) == expected).all()


def test_only_a_few_are_decoded_at_once_and_waiting_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    data, started, finish = sound_pictures()["plain.png"], threading.Semaphore(0), threading.Event()
    read = images.read

    def slow_read(*arguments: Any) -> Any:
        started.release()
        finish.wait(30)
        return read(*arguments)

    monkeypatch.setattr(images, "read", slow_read)
    monkeypatch.setattr(limits, "PICTURE_WAIT_SECONDS", 0.01)
    with ThreadPoolExecutor(limits.PICTURES_DECODED_AT_ONCE) as pool:
        running = [pool.submit(decode, data, "first.png") for _ in range(limits.PICTURES_DECODED_AT_ONCE)]
        for _ in running:
            assert started.acquire(timeout=30)
        message = refusal(data, "late.png")
        assert "late.png" in message
        assert "in a moment" in message
        finish.set()
        assert all(future.result() for future in running)
    assert decode(data, "again.png")  # the turns were given back


# --- what a network receives


@pytest.mark.parametrize("name", list(SAMPLES))
def test_crop_is_torchvisions_preset(name: str) -> None:
    picture = sample(name)
    for resize, crop, interpolation in ((256, 224, "bilinear"), (342, 299, "bicubic"), (65, 64, "bilinear")):
        preset = ImageClassification(
            crop_size=crop, resize_size=resize, interpolation=InterpolationMode(interpolation), antialias=True
        )
        wanted = Preprocessing(resize=resize, crop=crop, interpolation=interpolation)
        result = fit_to_input(picture, wanted)
        assert result.fit == "crop"
        assert result.content == (0, 0, crop, crop)
        values = torch.from_numpy(to_array(result.image, wanted))
        torch.testing.assert_close(values, preset(picture.image)[None], rtol=0, atol=1e-6)


def test_the_box_is_the_part_that_is_seen() -> None:
    """Where a picture's values are its coordinates, what is received tells where it came from."""
    rows, columns = np.mgrid[0:200, 0:300]
    image = Image.fromarray(np.stack([columns * 255 // 299, rows * 255 // 199, rows * 0], -1).astype(np.uint8))
    picture = decode(save(image, "PNG"), "coordinates.png")
    result = fit_to_input(picture, Preprocessing(resize=128, crop=112))
    seen = np.asarray(result.image, dtype=float) / 255
    left, top, right, bottom = result.box
    assert seen[0, 0, 0] == pytest.approx(left, abs=0.01)
    assert seen[0, 0, 1] == pytest.approx(top, abs=0.01)
    assert seen[-1, -1, 0] == pytest.approx(right, abs=0.01)
    assert seen[-1, -1, 1] == pytest.approx(bottom, abs=0.01)


def test_letterbox_shows_everything_on_a_neutral_colour() -> None:
    picture = sample("china")
    result = fit_to_input(picture, IMAGENET, "letterbox")
    assert (result.fit, result.box, result.notes) == ("letterbox", (0.0, 0.0, 1.0, 1.0), ())
    assert result.content == (0, 37, 224, 186)
    array = to_array(result.image, IMAGENET)
    assert np.abs(array[:, :, :37]).max() < 0.01
    assert np.abs(array[:, :, 186:]).max() < 0.01
    whole = picture.image.resize((224, 149), Image.Resampling.BILINEAR)
    assert (np.asarray(result.image.crop(result.content)) == np.asarray(whole)).all()


def test_elongated_pictures_are_letterboxed_whatever_was_asked() -> None:
    for width, height, fit in ((300, 100, "crop"), (301, 100, "letterbox"), (100, 301, "letterbox")):
        result = fit_to_input(decode(save(photograph(width, height), "PNG"), "x.png"), IMAGENET, "crop")
        assert result.fit == fit
        assert [str(note)[:19] for note in result.notes] == ["One side is 3.0 tim"] * (fit == "letterbox")
        assert pickle.loads(pickle.dumps(result)).fit == fit


def test_arrays_and_images_are_inverse() -> None:
    image = photograph(50, 40)
    array = to_array(image, IMAGENET)
    assert (array.dtype, array.shape, array.flags.c_contiguous) == (np.float32, (1, 3, 40, 50), True)
    assert from_array(array, IMAGENET).tobytes() == image.tobytes()
    assert from_array(array * 100, IMAGENET).getextrema() == ((0, 255),) * 3
    with pytest.raises(ValueError, match="shape"):
        from_array(array[0], IMAGENET)


@pytest.mark.parametrize(
    "values",
    [
        {"crop": 0},
        {"crop": 257},
        {"std": (1.0, 0.0, 1.0)},
        {"mean": (0.5,)},
        {"interpolation": "nearest"},
        {"antialias": False},
    ],
)
def test_preprocessing_validates_itself(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        Preprocessing(**{"resize": 256, "crop": 224, **values})
    with pytest.raises(ValueError, match="stretch"):
        fit_to_input(decode(sound_pictures()["plain.png"], "x"), IMAGENET, "stretch")  # type: ignore[arg-type]
