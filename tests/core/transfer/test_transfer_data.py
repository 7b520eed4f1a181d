"""Labelled pictures: the sets that come along, a person's own, and how they are made ready without leaks."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import limits
from core.architectures.loading import TINY_PREPROCESSING
from core.errors import UserError
from core.transfer.comparison.cross_validation import splits
from core.transfer.data.catalogue import DATASETS
from core.transfer.data.config import TransferConfig
from core.transfer.data.labelled_images import LabelledPictures, prepare_pictures, stratified_sample
from core.transfer.data.preview import look_at
from core.transfer.data.tiles import PixelSource, cut
from core.transfer.data.uploaded import UploadedDataset
from core.uploads.files import UploadedFile
from tests.core import pictures
from tests.core.shared.test_archives import deflated, end, forged, packed

BUILT_IN = [name for name, entry in DATASETS.items() if entry.load is not None and entry.public is None]
each_set = pytest.mark.parametrize("name", BUILT_IN)


def loaded(name: str) -> LabelledPictures:
    load = DATASETS[name].load
    assert load is not None
    return load()


def photograph(seed: int) -> bytes:
    return pictures.save(pictures.photograph(40, 32, seed), "PNG")


def zipped(**classes: int) -> UploadedFile:
    """Return an archive with so many pictures in the folder of each class."""
    files = {
        f"pack/{name}/{number}.png": photograph(100 * index + number)
        for index, (name, count) in enumerate(classes.items())
        for number in range(count)
    }
    return UploadedFile("mine.zip", packed(files))


@each_set
def test_a_set_has_enough_of_each_class_and_the_same_ones_each_time(name: str) -> None:
    labelled = loaded(name)
    assert min(labelled.counts) >= 100
    first, second = (prepare_pictures(labelled, TINY_PREPROCESSING, 6, seed=3) for _ in range(2))
    assert first.images.shape == (6 * len(labelled.classes), 64, 64, 3)
    assert (first.images == second.images).all()
    assert first.counts == (6,) * len(labelled.classes)
    other = prepare_pictures(labelled, TINY_PREPROCESSING, 6, seed=4)
    assert set(other.places.tolist()) != set(first.places.tolist())


@each_set
def test_fewer_pictures_are_a_part_of_more(name: str) -> None:
    labels = loaded(name).labels
    few, many = (set(stratified_sample(labels, count, 1).tolist()) for count in (5, 20))
    assert few < many


@each_set
def test_a_split_parts_no_group_and_keeps_the_shares(name: str) -> None:
    prepared = prepare_pictures(loaded(name), TINY_PREPROCESSING, 24)
    judged = []
    for learned_from, held_out_index in splits(prepared, 3, seed=0):
        assert not set(prepared.groups[learned_from]) & set(prepared.groups[held_out_index])
        counts = np.bincount(prepared.labels[held_out_index], minlength=len(prepared.classes))
        assert counts.min() >= 2
        judged += held_out_index.tolist()
    assert sorted(judged) == list(range(len(prepared)))


@each_set
def test_pictures_that_only_judge_change_nothing_of_what_is_learned_from(name: str) -> None:
    setup = TransferConfig(dataset=name, backbone="tiny_squeezenet", weights="embedded", per_class=6, seed=3)
    backbone = setup.network()
    chosen = setup.prepared(backbone)
    pictures, teaching = setup.with_judges(backbone, 25 * len(chosen.classes))
    assert set(pictures.places[teaching]) == set(chosen.places)
    assert len(pictures) > len(chosen)
    judged, learned = [], set()
    for learned_from, held_out_index in splits(pictures, 2, 0, teaching):
        assert teaching[learned_from].all()
        assert not set(pictures.groups[learned_from]) & set(pictures.groups[held_out_index])
        judged += held_out_index.tolist()
        learned |= set(learned_from.tolist())
    assert sorted(judged) == list(range(len(pictures)))
    assert learned == set(np.flatnonzero(teaching).tolist())


def test_squares_of_two_blocks_have_no_pixel_in_common() -> None:
    numbered = np.arange(90 * 70, dtype=np.int64).reshape(70, 90)
    image = np.stack([numbered % 256, numbered // 256, np.zeros_like(numbered)], axis=2).astype(np.uint8)
    found = cut(Image.fromarray(image), 12, 3)
    seen: dict[int, set[int]] = {}
    for square, block in zip(found.squares.astype(int), found.blocks.tolist(), strict=True):
        seen.setdefault(block, set()).update((square[..., 0] + 256 * square[..., 1]).ravel().tolist())
    assert len(seen) == 16
    assert sum(map(len, seen.values())) == len(set().union(*seen.values()))


def test_repeated_pictures_stay_together() -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (12, 64, 64, 3)).astype(np.uint8)
    pixels[7] = pixels[2]
    pixels[9] = (pixels[4].astype(int) + random.integers(-2, 3, pixels[4].shape)).clip(0, 255)  # saved anew
    labels = np.array([0, 1] * 6)
    labelled = LabelledPictures(("a", "b"), labels, np.arange(12), PixelSource(pixels, "x"))
    prepared = prepare_pictures(labelled, TINY_PREPROCESSING, 100)
    group = dict(zip(prepared.places.tolist(), prepared.groups.tolist(), strict=True))
    assert prepared.near_duplicates == 2
    assert group[7] == group[2]
    assert group[9] == group[4]
    assert len(set(group.values())) == 10


# --- one's own pictures ----------------------------------------------------------------------------------------------


def test_the_folders_of_an_archive_are_the_classes() -> None:
    data = UploadedDataset().with_archive(zipped(dog=3, cat=2))
    labelled = data.labelled()
    assert labelled.classes == ("cat", "dog")
    assert labelled.counts == (2, 3)
    assert labelled.source.picture(0).width == 40
    again = pickle.loads(pickle.dumps(data))
    assert again == data
    assert (again.labelled().labels == labelled.labels).all()


def test_pictures_can_be_added_class_by_class_and_taken_out_again() -> None:
    data = UploadedDataset().with_pictures(
        " a  cup ", [UploadedFile("1.png", photograph(1)), UploadedFile("2.png", photograph(2))]
    )
    data = data.with_pictures("plate", [UploadedFile("3.png", photograph(3)), UploadedFile("4.png", photograph(4))])
    assert data.labelled().classes == ("a cup", "plate")
    assert data.with_pictures("plate", [UploadedFile("again.png", photograph(3))]) == data
    assert data.without("plate").labelled().classes == ("a cup",)
    assert data.identity != data.without("plate").identity


def test_what_cannot_be_read_is_left_out_and_listed() -> None:
    files = {f"{name}/{number}.png": photograph(number + 10 * ord(name)) for name in "ab" for number in range(3)}
    data = UploadedDataset().with_archive(
        UploadedFile("mine.zip", packed({**files, "a/notes.txt": b"not a picture at all"}))
    )
    prepared = prepare_pictures(data.labelled(), TINY_PREPROCESSING, 100)
    assert prepared.counts == (3, 3)
    assert [unread.values["name"] for unread in prepared.unread] == ["notes.txt"]
    look = look_at(TransferConfig(dataset="mine", backbone="tiny_vgg", weights="untrained", own=data), 5, 8)
    assert [name for name, _problem in look.unread] == ["a/notes.txt"]
    assert (look.counts, look.taken) == ((4, 3), (3, 3))
    assert (look.looked_at, look.repeated, look.near_duplicates) == (7, 0, None)


def test_repeated_pictures_are_shown_before_anything_is_computed() -> None:
    files = {f"{name}/{number}.png": photograph(number + 10 * ord(name)) for name in "ab" for number in range(3)}
    data = UploadedDataset().with_archive(UploadedFile("mine.zip", packed({**files, "b/again.png": files["a/0.png"]})))
    look = look_at(TransferConfig(dataset="mine", backbone="tiny_vgg", weights="untrained", own=data), 5, 8)
    assert look.repeated == 1
    assert look.near_duplicates is not None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: UploadedDataset().labelled(), "only one class"),
        (lambda: UploadedDataset().with_archive(zipped(dog=4)).labelled(), "only one class"),
        (lambda: UploadedDataset().with_archive(zipped(dog=4, cat=1)).labelled(), "“cat” has fewer than 2"),
    ],
)
def test_too_little_is_refused(data: object, said: str) -> None:
    assert callable(data)
    with pytest.raises(UserError, match=said):
        prepare_pictures(data(), TINY_PREPROCESSING, 10)


def test_no_pictures_at_all_ask_for_some() -> None:
    with pytest.raises(UserError, match="no pictures yet"):
        TransferConfig(dataset="mine", backbone="tiny_vgg", weights="untrained").labelled()


def bomb() -> bytes:
    return packed({"cat/1.png": bytes(40 << 20)})


HOSTILE = {
    "bomb": bomb,
    "slip": lambda: packed({"../../cat/1.png": photograph(1)}),
    "overlap": lambda: forged("cat/1.png", copies=3),
    "nested": lambda: packed({"cat/inner.zip": packed({"1.png": photograph(1)})}),
    "100,000 entries": lambda: b"PK\x03\x04" + bytes(100) + end(0xFFFF, 100, 4),
    "encrypted": lambda: forged("cat/1.png", flags=1),
    "wrong size": lambda: forged("cat/1.png", bytes(1000), method=8, body=deflated(bytes(5 << 20)), size=1000),
    "loose file": lambda: packed({"1.png": photograph(1)}),
    "no archive": lambda: photograph(1),
    "empty": lambda: packed({}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives_are_refused_at_once(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = HOSTILE[kind]()
    begun = time.process_time()
    with pytest.raises(UserError) as refused:
        _taken(data)
    assert time.process_time() - begun < 2
    assert str(refused.value)
    assert not list(tmp_path.iterdir())


def _taken(data: bytes) -> None:
    taken = UploadedDataset().with_archive(UploadedFile("evil.zip", data))
    prepare_pictures(taken.labelled(), TINY_PREPROCESSING, 10)


def test_more_than_is_kept_of_one_person_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COLLECTION_PICTURES", 4)
    with pytest.raises(UserError, match="at most 4"):
        UploadedDataset().with_archive(zipped(dog=3, cat=2))
    monkeypatch.setattr(limits, "COLLECTION_BYTES", 1000)
    with pytest.raises(UserError, match="MB are kept"):
        UploadedDataset().with_archive(zipped(dog=1, cat=1))
