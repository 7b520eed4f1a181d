"""Choosing the picture and the backbone, which stay chosen on every page."""

from __future__ import annotations

import hashlib
import html
import io

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import limits
from core.architectures.zoo.backbones import BACKBONES, available_weights
from core.datasets.sample_images import SAMPLES
from pages.components.inputs import image_select
from tests.pages.opened import Open, address, texts


def png(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), (shade, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def mark(data: bytes) -> str:
    return f"upload-{hashlib.sha256(data).hexdigest()[:12]}"


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.sidebar.get("file_uploader")[0].upload(name, data, "image/png")
    return app.run()


def test_every_backbone_is_offered_by_its_title(open_page: Open) -> None:
    app = open_page("augmentation")
    (chooser,) = app.sidebar.selectbox
    assert chooser.options == [entry.title for entry in BACKBONES.values()]
    assert address(app)["backbone"] == "tiny_resnet"


@pytest.mark.parametrize("name", ["tiny_vgg", "resnet18", "xception", "convnext_tiny"])
def test_a_backbone_comes_with_the_best_weights_it_has(open_page: Open, name: str) -> None:
    app = open_page("augmentation", backbone="tiny_resnet", weights="untrained", seed=5)
    app.sidebar.selectbox[0].set_value(name).run()
    assert not app.exception
    best = available_weights(BACKBONES[name])[0]
    found = address(app)
    assert (found["backbone"], found["weights"]) == (name, best)
    assert ("seed" in found) == (best == "untrained")
    assert bool(app.sidebar.number_input) == (best == "untrained")


def test_every_backbone_can_be_chosen_with_each_of_its_weights(open_page: Open) -> None:
    app = open_page("augmentation")
    for entry in BACKBONES.values():
        for weights in available_weights(entry):
            if address(app)["backbone"] != entry.name:
                app.sidebar.selectbox[0].set_value(entry.name).run()
            else:
                groups = app.get("button_group")
                next(group for group in groups if group.key == "shared.weights").set_value(weights).run()
            assert not app.exception
            assert (address(app)["backbone"], address(app)["weights"]) == (entry.name, weights)
            assert "parameters" in " ".join(caption.value for caption in app.sidebar.caption)


def test_weights_that_a_backbone_lacks_give_way(open_page: Open) -> None:
    assert address(open_page("augmentation", backbone="resnet18", weights="embedded"))["weights"] == "imagenet"
    assert address(open_page("augmentation", backbone="tiny_vgg", weights="imagenet"))["weights"] != "imagenet"


def test_the_seed_changes_untrained_weights_and_stays_within_its_limits(open_page: Open) -> None:
    app = open_page("augmentation", backbone="tiny_vgg", weights="untrained")
    app.sidebar.number_input[0].set_value(12).run()
    assert address(app)["seed"] == "12"
    assert app.sidebar.number_input[0].min == 0


def test_a_sample_is_chosen_by_a_link(open_page: Open) -> None:
    for name, entry in SAMPLES.items():
        app = open_page("augmentation", picture=name)
        assert not app.exception
        assert address(app)["picture"] == name
        assert any(caption.value.startswith(entry.title) for caption in app.sidebar.caption)


def test_an_uploaded_picture_is_chosen_and_stays_on_every_page(open_page: Open) -> None:
    app = upload(open_page("augmentation"), "red.png", png(200))
    assert not app.exception
    assert address(app)["picture"] == mark(png(200))
    for page in ("visualization", "architectures"):
        app.query_params.clear()
        app.switch_page(f"pages/{page}/page.py").run()
        assert not app.exception
        assert address(app)["picture"] == mark(png(200))
        assert any(html.unescape(caption.value).startswith("red.png · 20 × 10") for caption in app.sidebar.caption)


def test_a_file_that_is_no_picture_leaves_the_one_before(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = upload(open_page("augmentation", picture="coffee"), "text.png", b"no picture at all")
    assert not app.exception
    (error,) = app.error
    assert "text.png" in html.unescape(error.value)
    assert address(app)["picture"] == "coffee"
    assert app.run().error  # a rerun that nobody asked for does not take the message away
    monkeypatch.setattr(image_select, "PROBLEM_SECONDS", 0.0)
    assert not app.run().error
    monkeypatch.undo()
    assert app.run().error
    assert not upload(app, "good.png", png(7)).error


def test_only_the_latest_uploads_are_kept(open_page: Open) -> None:
    app = open_page("augmentation")
    for shade in range(limits.PICTURES_KEPT + 3):
        upload(app, f"shade-{shade}.png", png(shade))
    kept = app.session_state["shared.uploads"]
    assert list(kept) == [mark(png(shade)) for shade in range(3, limits.PICTURES_KEPT + 3)]
    assert address(app)["picture"] == mark(png(limits.PICTURES_KEPT + 2))


def test_a_link_to_a_picture_that_was_uploaded_elsewhere_asks_for_it(open_page: Open) -> None:
    app = open_page("visualization", picture=mark(png(99)), backbone="tiny_resnet", weights="untrained")
    assert not app.exception
    assert any("Upload it to see the same" in info.value for info in app.sidebar.info)
    assert address(app)["picture"] == mark(png(99))
    upload(app, "again.png", png(99))
    assert not app.sidebar.info
    assert address(app)["picture"] == mark(png(99))


def test_visitors_do_not_share_their_pictures(open_page: Open) -> None:
    one, other = open_page("augmentation"), open_page("augmentation")
    upload(one, "mine.png", png(123))
    other.run()
    assert mark(png(123)) not in other.session_state["shared.uploads"]
    assert "mine.png" not in texts(other)
    stranger = open_page("augmentation", picture=mark(png(123)))
    assert "mine.png" not in texts(stranger)
    assert any("Upload it" in info.value for info in stranger.sidebar.info)


@pytest.mark.parametrize(
    "name", ["![x](http://evil.example/x.png)", "<img src=x onerror=alert(1)>", "**bold**", ":red[x]", "$x$", "[a](b)"]
)
def test_a_name_is_escaped_wherever_it_is_drawn_as_markdown(open_page: Open, name: str) -> None:
    app = upload(open_page("augmentation"), f"{name}.png", png(1))
    (caption,) = [caption.value for caption in app.sidebar.caption if "20 × 10" in caption.value]
    upload(app, f"{name}.png", b"no picture")
    for drawn in (caption, app.error[0].value):
        assert name in html.unescape(drawn)
        assert not set("![]<>*:$()") & set(drawn)
