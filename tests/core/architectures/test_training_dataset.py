"""Folders of labelled pictures, and the split that keeps a tenth from ever being trained on."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.architectures.training.dataset import is_held_out, read_folder, share_of, split
from core.architectures.zoo.class_names import class_names, everyday_synsets
from core.errors import UserError
from tests.core.labelled_pictures import CLASSES, write_pictures

NAMES = class_names("everyday69")


def test_each_folder_is_a_class(tmp_path: Path) -> None:
    found = read_folder(write_pictures(tmp_path, 3))
    assert found.images.shape == (9, 64, 64, 3)
    assert [NAMES[label] for label in found.labels] == sorted([*CLASSES] * 3)
    assert found.names[:3] == ("cat_0.png", "cat_1.png", "cat_2.png")
    with Image.open(tmp_path / "cat" / "cat_1.png") as image:
        assert (found.images[1] == np.asarray(image)).all(), "a picture of 64×64 is taken as it is"


def test_the_public_archive_is_read_as_it_is(tmp_path: Path) -> None:
    write_pictures(tmp_path / "plain", 2)
    expected = read_folder(tmp_path / "plain")
    archive = tmp_path / "tiny-imagenet-200"
    for name in CLASSES:
        target = archive / "train" / everyday_synsets()[name][0] / "images"
        shutil.copytree(tmp_path / "plain" / name, target)
    (archive / "train" / "n99999999" / "images").mkdir(parents=True)  # a class that is not ours
    (archive / "val").mkdir()
    found = read_folder(archive)
    assert sorted(zip(found.names, found.labels, strict=True)) == sorted(
        zip(expected.names, expected.labels, strict=True)
    )


def test_underscores_and_capitals_are_the_same_class(tmp_path: Path) -> None:
    write_pictures(tmp_path, 1)
    (tmp_path / "ice cream").rename(tmp_path / "Ice_Cream")
    assert {NAMES[label] for label in read_folder(tmp_path).labels} == set(CLASSES)


def test_other_shapes_are_made_to_fit(tmp_path: Path) -> None:
    write_pictures(tmp_path, 1, size=(120, 80))
    crop, whole = (read_folder(tmp_path, fit).images for fit in ("crop", "letterbox"))
    assert crop.shape == whole.shape == (3, 64, 64, 3)
    margin = whole[:, :8].reshape(-1, 3)
    assert (margin == margin[0]).all(), "the whole picture stands in a margin of one colour"
    assert len(np.unique(crop[:, :8].reshape(-1, 3), axis=0)) > 100


def test_what_is_no_picture_is_left_out_and_named(tmp_path: Path) -> None:
    write_pictures(tmp_path, 2)
    (tmp_path / "dog" / "dog_9.jpg").write_bytes(b"this is no picture")
    (tmp_path / "dog" / ".DS_Store").write_bytes(b"nor is this, and nobody needs to know")
    found = read_folder(tmp_path)
    assert len(found) == 6
    assert len(found.refused) == 1
    assert "dog_9.jpg" in found.refused[0]


@pytest.mark.parametrize("folder", ["", "nothing here"])
def test_a_folder_without_classes_is_a_problem(tmp_path: Path, folder: str) -> None:
    (tmp_path / "holidays").mkdir()
    with pytest.raises(UserError, match="no pictures of the 69 classes"):
        read_folder(tmp_path / folder)


def test_the_hash_of_the_name_decides_what_is_held_out(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"n02085620_7.JPEG").hexdigest()
    assert share_of("n02085620_7.JPEG") == pytest.approx(int(digest, 16) / 2**256)
    names = [f"n02085620_{i}.JPEG" for i in range(5000)]
    assert 0.085 < np.mean([is_held_out(name) for name in names]) < 0.115
    pictures = read_folder(write_pictures(tmp_path, 40))
    to_train, held_out = split(pictures)
    assert not set(to_train.names) & set(held_out.names)
    assert sorted(to_train.names + held_out.names) == sorted(pictures.names)
    assert all(is_held_out(name) for name in held_out.names)
    places = {name: i for i, name in enumerate(pictures.names)}
    for part in (to_train, held_out):
        order = [places[name] for name in part.names]
        assert (part.images == pictures.images[order]).all()
        assert (part.labels == pictures.labels[order]).all()
