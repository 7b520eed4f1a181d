"""Each sample picture is there, has a credit, and is found without importing the package that it comes with."""

from __future__ import annotations

import importlib.util
import re

import pytest
from PIL import Image

from core.datasets.sample_images import SAMPLES, sample, thumbnail
from core.errors import UserError
from core.images.formats import PictureError


def test_the_cat_comes_first() -> None:
    assert next(iter(SAMPLES)) == "chelsea"


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_sample_is_a_credited_photograph(name: str) -> None:
    entry, picture = SAMPLES[name], sample(name)
    assert re.fullmatch(r"[a-z0-9-]+", entry.name)
    assert entry.title
    assert entry.credit
    assert entry.licence
    assert min(picture.width, picture.height) >= 300
    assert picture.image.convert("L").entropy() > 3  # bits a pixel: neither blank nor a drawing
    assert sample(name) == picture


def test_thumbnails_are_small_copies() -> None:
    picture = sample("china")
    before = picture.image.tobytes()
    assert thumbnail(picture, 96).size == (96, 64)
    assert thumbnail(picture, 96).mode == "RGB"
    assert thumbnail(picture, 5000).size == picture.image.size
    assert picture.image.tobytes() == before


def test_a_missing_sample_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="chelsea"):
        sample("chelsee")
    for spec in (None, importlib.util.find_spec("core")):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, found=spec: found)
        with pytest.raises(PictureError, match=r"skimage.*requirements"):
            sample("chelsea")


def test_colours_of_a_sample_with_a_wide_profile_are_converted() -> None:
    """rocket.jpg is in Adobe RGB: shown as if it were sRGB, it would look dull."""
    picture = sample("rocket")
    assert "Adobe RGB" in str(picture.notes[0])
    assert isinstance(picture.image, Image.Image)
