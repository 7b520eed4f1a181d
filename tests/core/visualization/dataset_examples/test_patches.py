"""Collections give what they say, and a hit is shown with the portion that the network really saw."""

from __future__ import annotations

import ast
import csv
import io
import itertools
import pickle
import runpy
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import limits
from core.architectures.loading import load
from core.architectures.receptive_field.fields import Box, receptive_fields
from core.datasets import public
from core.datasets.sample_images import SAMPLES
from core.downloads.errors import NotDownloadedError
from core.errors import UserError
from core.images.picture import Picture
from core.images.preprocessing import Preprocessing, fit_to_input
from core.scripts import ScriptStart
from core.uploads.files import UploadedFile
from core.visualization.dataset_examples import image_collections
from core.visualization.dataset_examples.export import Titled, draw_sheet, to_csv
from core.visualization.dataset_examples.image_collections import (
    COLLECTIONS,
    WHOLE,
    Cifar10,
    Item,
    Region,
    SampleTiles,
    pixels,
    squares,
)
from core.visualization.dataset_examples.patches import FROM_ONE_PHOTOGRAPH, Patch, PatchMaker, field_for, overlap, seen
from core.visualization.dataset_examples.ranking import Found, Hit, Scan, Table
from core.visualization.dataset_examples.script import FoundRequest, write_dataset_examples_script
from core.visualization.dataset_examples.search import search
from core.visualization.dataset_examples.uploaded_collection import Uploads
from tests.core import pictures

TINY = Preprocessing(resize=64, crop=64)
LARGE = Preprocessing(resize=256, crop=224)
PHOTOGRAPH = pictures.save(pictures.photograph(90, 70), "PNG")


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for seed, name in enumerate(names):
            packed.writestr(name, pictures.save(pictures.photograph(40, 30, seed + 1), "PNG"))
    return buffer.getvalue()


def ramp(width: int, height: int, region: Region = WHOLE) -> Item:
    """Return a picture whose red says how far to the right, and whose green how far down, of the whole."""
    down, across = np.mgrid[0:height, 0:width]
    values = np.stack([(across + 0.5) * 255 / width, (down + 0.5) * 255 / height, np.zeros((height, width))], -1)
    whole = Picture("ramp", "ramp", width, height, "PNG", Image.fromarray(np.rint(values).astype(np.uint8)))
    image = whole.image.crop(pixels(region, (width, height)))
    return Item(Picture("part", "part", *image.size, "PNG", image), whole, region, "ramp")


# --- where a portion lies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
@pytest.mark.parametrize("preprocessing", [TINY, LARGE])
@pytest.mark.parametrize(
    ("size", "region"),
    [((400, 400), WHOLE), ((600, 400), WHOLE), ((300, 500), WHOLE), ((600, 400), (0.25, 0.5, 0.5, 0.875))],
)
@pytest.mark.parametrize("share", [(0.25, 0.25, 0.75, 0.75), (0.5, 0.4, 0.9, 0.6)])
def test_the_region_is_where_the_picture_shows_what_the_network_saw(
    fit: str, preprocessing: Preprocessing, size: tuple[int, int], region: Region, share: Region
) -> None:
    """The mean of a ramp says where its middle is; that of the crop and that of the portion received agree."""
    item = ramp(*size, region)
    given = fit_to_input(item.picture, preprocessing, fit)  # type: ignore[arg-type]
    left, top, right, bottom = given.content
    box = Box(
        round(top + share[1] * (bottom - top)),
        round(left + share[0] * (right - left)),
        round(top + share[3] * (bottom - top)),
        round(left + share[2] * (right - left)),
    )
    shown = seen(item, preprocessing, fit, box)  # type: ignore[arg-type]
    found = np.asarray(given.image.crop((box.left, box.top, box.right, box.bottom)), np.float64)[..., :2].mean((0, 1))
    middle = 255 * np.array([shown[0] + shown[2], shown[1] + shown[3]]) / 2
    assert np.abs(found - middle).max() < 4


def test_without_a_field_all_that_the_network_receives_is_the_region() -> None:
    assert seen(ramp(300, 300), TINY, "crop", None) == (0.0, 0.0, 1.0, 1.0)
    assert seen(ramp(600, 300), TINY, "crop", None) == pytest.approx((0.25, 0.0, 0.75, 1.0), abs=0.01)
    assert seen(ramp(600, 300), TINY, "letterbox", None) == (0.0, 0.0, 1.0, 1.0)
    assert seen(ramp(300, 300), LARGE, "crop", None) == pytest.approx((1 / 16, 1 / 16, 15 / 16, 15 / 16), abs=0.01)


def test_what_lies_in_the_margin_is_moved_to_the_edge() -> None:
    region = seen(ramp(600, 300), TINY, "letterbox", Box(0, 0, 5, 5))
    assert region[1] == region[3] == 0.0


def test_overlaps_are_shares_of_the_smaller_region() -> None:
    assert overlap((0, 0, 0.5, 0.5), (0.25, 0, 0.75, 0.5)) == pytest.approx(0.5)
    assert overlap((0, 0, 1, 1), (0.4, 0.4, 0.6, 0.6)) == pytest.approx(1)
    assert overlap((0, 0, 0.2, 1), (0.3, 0, 1, 1)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 1, 1)) == 0


# --- patches ----------------------------------------------------------------------------------------------------------


def test_a_patch_is_the_receptive_field_cut_out() -> None:
    backbone = load("tiny_resnet")
    layer = "stage2.block1.conv1.conv"
    maker = PatchMaker(SampleTiles(), TINY, "crop", field_for(backbone, layer))
    (patch,) = maker.patches([Hit(0, 2.5, 0.0, 4, 9)], 3)
    box = receptive_fields(backbone)[layer].clipped(4, 9)  # type: ignore[union-attr]
    assert box is not None
    _, _, right, bottom = SampleTiles().item(0).region
    assert patch.region == pytest.approx(
        (box.left / 64 * right, box.top / 64 * bottom, box.right / 64 * right, box.bottom / 64 * bottom)
    )
    whole = SampleTiles().item(0).whole.image
    assert patch.crop.width / patch.crop.height == pytest.approx(box.width / box.height, rel=0.1)
    assert patch.whole.width / patch.whole.height == pytest.approx(whole.width / whole.height, rel=0.02)
    assert patch.hit.score == 2.5


def test_where_no_cell_stands_out_all_is_shown() -> None:
    maker = PatchMaker(SampleTiles(), TINY, "crop", field_for(load("tiny_resnet"), "stem.conv"))
    assert maker.patches([Hit(0, 0.0, 0.0, -1, -1)], 1)[0].region == SampleTiles().item(0).region


def test_near_repeats_of_one_photograph_are_left_out() -> None:
    tiles = SampleTiles()
    hits = [Hit(index, 1.0, 0.0, -1, -1) for index in range(len(tiles))]
    shown = PatchMaker(tiles, TINY, "crop", None).patches(hits, 10)
    assert len(shown) == 10
    for i, one in enumerate(shown):
        for other in shown[:i]:
            if tiles.source(one.hit.picture) == tiles.source(other.hit.picture):
                assert overlap(one.region, other.region) <= 0.5
    sources = [tiles.source(patch.hit.picture) for patch in shown]
    assert max(map(sources.count, sources)) <= FROM_ONE_PHOTOGRAPH


# --- collections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height", "scale"), [(600, 400, 1), (300, 451, 2), (512, 512, 3), (7, 90, 2)])
def test_squares_cover_a_picture_and_overlap_by_half(width: int, height: int, scale: int) -> None:
    covered = np.zeros((height, width), int)
    boxes = squares(width, height, scale)
    for left, top, right, bottom in boxes:
        assert right - left == bottom - top == min(width, height) // scale
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        covered[top:bottom, left:right] += 1
    assert covered.min() >= 1
    lefts = sorted({box[0] for box in boxes})
    assert all(after - before <= (min(width, height) // scale) / 2 + 1 for before, after in itertools.pairwise(lefts))


def test_the_samples_are_all_there_and_the_same_each_time() -> None:
    tiles = SampleTiles()
    assert {tiles.sample_name(index) for index in range(len(tiles))} == set(SAMPLES)
    assert len(tiles) > 150
    assert tiles.identity == pickle.loads(pickle.dumps(tiles)).identity
    item = tiles.item(len(tiles) - 1)
    assert item.picture.width == item.picture.height


def test_uploads_are_pictures_and_what_archives_hold() -> None:
    uploads = Uploads().added(
        [UploadedFile("a.png", PHOTOGRAPH), UploadedFile("b.zip", archive("cats/1.png", "2.png"))]
    )
    assert [uploads.item(index).title for index in range(len(uploads))] == ["a.png", "1.png", "2.png"]
    assert uploads.original(0).data == PHOTOGRAPH
    assert uploads.item(1).whole.width == 40
    again = pickle.loads(pickle.dumps(uploads))
    assert again.identity == uploads.identity
    assert np.array_equal(np.asarray(again.item(2).picture.image), np.asarray(uploads.item(2).picture.image))


def test_the_identity_is_that_of_the_bytes() -> None:
    one = Uploads().added([UploadedFile("a.png", PHOTOGRAPH)])
    assert one.identity == Uploads().added([UploadedFile("other.png", PHOTOGRAPH)]).identity
    assert one.identity != Uploads().added([UploadedFile("a.png", PHOTOGRAPH + b"0")]).identity
    assert len(one.added([UploadedFile("again.png", PHOTOGRAPH)])) == 1


def test_what_is_no_picture_is_refused_and_in_an_archive_skipped() -> None:
    with pytest.raises(UserError, match=r"notes\.txt"):
        Uploads().added([UploadedFile("a.png", PHOTOGRAPH), UploadedFile("notes.txt", b"hello")])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("notes.txt", b"hello")
    uploads = Uploads().added([UploadedFile("mine.zip", buffer.getvalue())])
    with pytest.raises(UserError, match=r"notes\.txt"):
        uploads.item(0)


def test_an_archive_that_is_refused_is_refused_when_it_is_added() -> None:
    with pytest.raises(UserError, match=r"mine\.zip"):
        Uploads().added([UploadedFile("mine.zip", b"PK\x03\x04" + bytes(50))])


def test_a_collection_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COLLECTION_BYTES", 1 << 20)
    with pytest.raises(UserError, match="at most 1 MB"):
        Uploads().added([UploadedFile("a.png", PHOTOGRAPH + bytes(1 << 20))])
    monkeypatch.setattr(limits, "COLLECTION_PICTURES", 2)
    with pytest.raises(UserError, match="at most 2"):
        Uploads().added([UploadedFile("b.zip", archive("1.png", "2.png", "3.png"))])


def test_cifar10_is_read_as_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    image_collections._cifar_records.cache_clear()
    with pytest.raises(NotDownloadedError):
        len(Cifar10())
    records = np.random.default_rng(0).integers(0, 10, (6, 3073), dtype=np.uint8)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(public.CIFAR_HELD_OUT)
        member.size = records.nbytes
        tar.addfile(member, io.BytesIO(records.tobytes()))
    (tmp_path / public.CIFAR10[0].file_name).write_bytes(packed.getvalue())
    monkeypatch.setattr(public, "cached", lambda file: tmp_path / file.file_name)
    try:
        item = Cifar10().item(4)
        assert (len(Cifar10()), item.number) == (6, 4)
        assert item.title == public.CIFAR_CLASSES[records[4, 0]]
        assert np.asarray(item.picture.image)[5, 7, 2] == records[4, 1 + 2 * 1024 + 5 * 32 + 7]
        assert Image.open(io.BytesIO(Cifar10().file(4))).size == (32, 32)
    finally:
        image_collections._cifar_records.cache_clear()


def test_the_registered_collections_open_or_are_ones_own() -> None:
    assert [entry.name for entry in COLLECTIONS.values() if entry.open is None] == ["mine"]
    assert isinstance(COLLECTIONS["samples"].open(), SampleTiles)  # type: ignore[misc]


# --- files ------------------------------------------------------------------------------------------------------------


def patch(title: str, score: float = 1.5) -> Titled:
    image = Image.new("RGB", (90, 60), (200, 0, 0))
    return Titled(Patch(Hit(3, score, 0.5, 1, 2), (0.0, 0.1, 0.5, 1.0), image, image, title, False, None), title)


def test_the_table_says_what_was_found() -> None:
    rows = list(
        csv.DictReader(io.StringIO(to_csv([("most", [patch("a.png"), patch("b.png", -2)]), ("least", [])]).decode()))
    )
    assert [(row["end"], row["rank"], row["title"], float(row["score"])) for row in rows] == [
        ("most", "1", "a.png", 1.5),
        ("most", "2", "b.png", -2.0),
    ]
    assert (rows[0]["row"], rows[0]["column"], rows[0]["bottom"]) == ("1", "2", "1.0000")


@pytest.mark.parametrize("title", ["=1+1.png", "+a", "-a", "@a", "\ta"])
def test_a_spreadsheet_computes_nothing(title: str) -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([("most", [patch(title)])]).decode()))
    assert row["title"] == f"'{title}"


def test_the_contact_sheet_has_room_for_all() -> None:
    few = draw_sheet("Tiny ResNet", [("Strongest", [patch("a")])])
    many = draw_sheet("Tiny ResNet", [("Strongest", [patch("long name " * 20)] * 11), ("Weakest", [patch("a")] * 5)])
    assert many.width == few.width
    assert many.height > 2.5 * few.height
    assert (np.asarray(many) == (200, 0, 0)).all(-1).sum() > 16 * 2 * 60 * 60


# --- the program ------------------------------------------------------------------------------------------------------

REQUEST = FoundRequest(
    start=ScriptStart(sample=None, file_name=None, backbone="tiny_resnet", weights="untrained", seed=5, fit="crop"),
    collection="mine",
    files=("a.png", "it's mine.zip"),
    table=Table("channel", "most", "stage2.block1.add"),
    owner=3,
    cell=None,
    first=None,
    kept=7,
    counts=(("most", 3), ("least", 2)),
    caption='Tiny ResNet · "channel" 3',
)


def test_the_program_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [UploadedFile("a.png", PHOTOGRAPH), UploadedFile("it's mine.zip", archive("1.png", "2.png", "3.png"))]
    for file in files:
        (tmp_path / file.name).write_bytes(file.data)
    (tmp_path / "found.py").write_text(write_dataset_examples_script(REQUEST), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("found.py")
    backbone = load("tiny_resnet", seed=5)
    scan = Scan(
        collection=Uploads().added(files), backbone="tiny_resnet", seed=5, layers=(REQUEST.table.layer,), kept=7
    )
    found = Found(7).add(search(scan, backbone))
    rows = list(csv.DictReader((tmp_path / "found.csv").open()))
    for end, count in REQUEST.counts:
        hits = found.hits(REQUEST.table._replace(end=end), 3)[:count]
        mine = [(int(row["picture"]), float(row["score"]), int(row["row"])) for row in rows if row["end"] == end]
        assert mine == [(hit.picture, pytest.approx(hit.score), hit.row) for hit in hits]
    assert Image.open(tmp_path / "found.png").width > 500


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        replace(REQUEST, collection="samples", table=Table("unit", "most", "stem.conv"), cell=(3, 4)),
        replace(
            REQUEST,
            collection="cifar10",
            table=Table("logit", "most"),
            first=1000,
            start=replace(REQUEST.start, backbone="resnet18", weights="imagenet"),
        ),
    ],
    ids=["mine", "samples", "cifar10"],
)
def test_every_program_imports_what_it_needs_each_once(request_: FoundRequest) -> None:
    tree = ast.parse(write_dataset_examples_script(request_))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert len(names) == len(set(names))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(names) <= used
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = __import__(node.module, fromlist=["*"])
            assert all(hasattr(module, alias.name) for alias in node.names)
