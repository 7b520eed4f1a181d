"""What a person takes along: a link to the view, files that hold what is shown, a program that makes the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from core.datasets.sample_images import sample
from core.paths import ROOT
from core.visualization.activations.activation_capture import capture
from core.visualization.activations.drawing import draw_grid
from core.visualization.activations.grid import GridView, arrange
from tests.browser.components.test_image_select import file_of, mark
from tests.browser.conftest import Visits
from tests.browser.expected import UNTRAINED, activations, backbone, maps
from tests.browser.visitor import Visitor

LAYER = "stage2.block1.conv1.norm"
VIEW = {
    "picture": "coffee",
    "backbone": "tiny_resnet",
    "weights": "untrained",
    "seed": 3,
    "mode": "explore",
    "section": "maps",
    "layer": LAYER,
    "order": "mean",
    "range": "fixed",
    "limit": 2.5,
    "activation": "after",
    "channel": 17,
    "fit": "letterbox",
    "opacity": 35,
}
SHOWN = "stage2.block1.conv1.relu"  # what leaves the activation function that LAYER leads to


def test_a_view_made_by_hand_is_reproduced_by_its_link(visits: Visits) -> None:
    one = visits.visitor().open("visualization", {"backbone": "tiny_resnet", **UNTRAINED})
    one.open_picture_choice()
    one.page.get_by_role("button", name="A cup of coffee").click()
    one.wait_for_parameters(picture="coffee")
    one.page.keyboard.press("Escape")
    seed = one.page.get_by_role("spinbutton", name="Seed")
    seed.fill("3")
    seed.press("Enter")
    one.wait_for_parameters(seed=3)
    one.stage("stage 2").click()
    one.wait_for_grid("stage2.block2.relu")
    one.choose_layer("stage2.block1.conv1.norm")
    one.pick("Sort by", "Mean")
    one.wait_for_parameters(order="mean")
    one.pick("Activation function", "After")
    one.wait_for_grid("stage2.block1.conv1.relu")
    one.click_channel(17)
    one.wait_for_parameters(channel=17)
    one.pick("Fit", "Whole")
    one.wait_for_parameters(fit="letterbox")
    one.page.get_by_role("slider", name="Overlay").focus()
    one.page.keyboard.press("ArrowRight")
    one.wait_for_parameters(opacity=65)
    one.page.get_by_role("heading", level=1).click()
    other = visits.visitor().follow(one.page.url)
    other.wait_for_channel("stage2.block1.conv1.relu", 17)
    assert_same_view(one, other)


def test_a_link_with_every_setting_is_followed_to_the_letter(visits: Visits) -> None:
    one = visits.visitor().open("visualization", VIEW)
    one.wait_for_channel(SHOWN, 17)
    assert one.parameters == {name: str(value) for name, value in VIEW.items()}
    assert one.picked("Sort by") == "Mean"
    assert one.picked("Colour range") == "Fixed"
    assert one.picked("Activation function") == "After"
    assert one.picked("Fit") == "Whole"
    expect(one.page.get_by_role("spinbutton", name="Up to")).to_have_value("2.50")
    expect(one.page.get_by_role("spinbutton", name="Seed")).to_have_value("3")
    expect(one.page.get_by_role("slider", name="Overlay")).to_have_value("35")
    expect(one.sidebar).to_contain_text("A cup of coffee")
    one.page.reload()
    one.settle()
    one.wait_for_channel(SHOWN, 17)
    other = visits.visitor(locale="es-ES").follow(one.page.url)  # the same view, in Spanish
    other.wait_for_channel(SHOWN, 17)
    assert other.parameters == one.parameters
    assert (other.pixels(other.enlarged) == one.pixels(one.enlarged)).all()


def assert_same_view(one: Visitor, other: Visitor) -> None:
    """Check that two visitors see the same: address, words, layer, channel and pixels."""
    mine, theirs = one.state(), other.state()
    assert theirs["address"] == mine["address"]
    assert theirs["text"] == mine["text"]
    assert theirs["strip"] == mine["strip"]
    assert theirs["grid"] == mine["grid"], "the grids differ"
    assert theirs["channel"] == mine["channel"], "the enlarged maps differ"


def test_a_link_to_an_uploaded_picture_asks_for_it_and_then_shows_the_same(visits: Visits) -> None:
    data = file_of("rocket")
    one = visits.visitor().open("visualization", {**VIEW, "picture": "chelsea"})
    one.drop("launch.jpg", data, "image/jpeg")
    one.wait_for_parameters(picture=mark(data), channel=17)
    one.wait_for(lambda: "launch.jpg" in one.sidebar.inner_text(), "the uploaded picture")
    other = visits.visitor().follow(one.page.url)
    expect(other.sidebar).to_contain_text("This link was made with an uploaded picture. Upload it to see the same")
    other.wait_for_parameters(picture=mark(data))
    assert other.state()["grid"] != one.state()["grid"]
    other.upload("launch.jpg", data, "image/jpeg")
    expect(other.sidebar).not_to_contain_text("Upload it to see the same")
    expect(other.sidebar).to_contain_text("launch.jpg")
    other.page.keyboard.press("Escape")
    other.wait_for_parameters(**{name: str(value) for name, value in {**VIEW, "picture": mark(data)}.items()})
    other.wait_for(lambda: other.state()["grid"] == one.state()["grid"], "the same maps")
    assert other.state()["channel"] == one.state()["channel"]


def test_the_way_back_leads_through_what_was_seen(visitor: Visitor) -> None:
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": "stage1.block2.relu"})
    visitor.wait_for_grid("stage1.block2.relu")
    visitor.stage("stage 3").click()
    visitor.wait_for_grid("stage3.block2.relu")
    visitor.wait_for_parameters(layer="stage3.block2.relu")
    visitor.pick("Sort by", "Sparsity")
    visitor.wait_for_parameters(order="sparsity")
    visitor.page.wait_for_timeout(700)  # a person looks before going back
    visitor.page.go_back()
    visitor.wait_for_parameters(order="index", layer="stage3.block2.relu")
    visitor.wait_for(lambda: visitor.picked("Sort by") == "Index", "the order before")
    visitor.page.wait_for_timeout(700)
    visitor.page.go_back()
    visitor.wait_for_parameters(layer="stage1.block2.relu")
    visitor.wait_for_grid("stage1.block2.relu")
    visitor.page.wait_for_timeout(700)
    visitor.page.go_forward()
    visitor.wait_for_parameters(layer="stage3.block2.relu")
    visitor.wait_for_grid("stage3.block2.relu")


def test_the_way_back_leads_to_the_page_before(visitor: Visitor) -> None:
    visitor.open("visualization", {"backbone": "tiny_vgg", **UNTRAINED, "picture": "coffee", "layer": "stage3.pool"})
    visitor.wait_for_grid("stage3.pool")
    visitor.go_to("Augmentation")
    visitor.wait_for_parameters(backbone="tiny_vgg", picture="coffee")
    visitor.page.wait_for_timeout(700)
    for _ in range(3):  # more than one step of the history may belong to the page that is left
        visitor.page.go_back()
        visitor.settle()
        visitor.page.wait_for_timeout(700)  # what the page that is left has on its way to the address arrives
        if "/visualization" in visitor.page.url:
            break
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Visualization")
    visitor.wait_for_grid("stage3.pool")
    visitor.wait_for_parameters(backbone="tiny_vgg", picture="coffee", layer="stage3.pool")


NONSENSE = (
    {"backbone": "evil", "order": "xyz", "channel": "999999", "limit": "-1", "seed": "abc", "picture": "../../etc"},
    {"layer": "x" * 5000, "range": "", "activation": "during", "fit": "<b>", "mode": "{", "opacity": "1e9"},
    {"page": "0", "channel": "-5", "seed": "99999999999999999999", "picture": "upload-zzzzzzzzzzzz", "with": ",,,"},
    {"page": "7777", "channel": "³", "limit": "nan", "range": "fixed", "weights": "imagenet", "lang": "xx"},
    {"layer": "stem.no", "picture": "upload-0123456789ab", "seed": "1.5", "opacity": "-1", "embed_options": "x"},
)


def test_nonsense_in_a_link_falls_back_without_an_error(visitor: Visitor) -> None:
    for nonsense in NONSENSE:
        visitor.open("visualization", nonsense)
        expect(visitor.grid).to_have_attribute("data-shown", "stage1.block2.relu/1")
        expect(visitor.page.get_by_test_id("stException")).to_have_count(0)
        expect(visitor.page.get_by_test_id("stAlertContentError")).to_have_count(0)
        visitor.wait_for_parameters(backbone="tiny_resnet", layer="stage1.block2.relu", mode="explore", opacity=60)
        assert int(visitor.parameters["channel"]) in range(16)
        assert visitor.parameters["weights"] != "untrained" or visitor.parameters["seed"] == "0"
        assert "Traceback" not in visitor.page.locator("body").inner_text()


def test_the_downloaded_files_hold_what_is_shown(visitor: Visitor) -> None:
    visitor.open("visualization", VIEW)
    visitor.wait_for_channel(SHOWN, 17)
    values = maps(SHOWN, "tiny_resnet", 3, "coffee", "letterbox")
    with np.load(visitor.download("Activations of the layer as NPZ")) as stored:
        assert set(stored) == {"maps", "logits"}
        assert stored["maps"].dtype == np.float32
        assert np.array_equal(stored["maps"], values)
        assert np.array_equal(stored["logits"], activations("tiny_resnet", 3, "coffee", "letterbox").logits)
    grid = arrange(values, GridView(order="mean", normalisation="fixed", limit=2.5))
    picture = Image.open(visitor.download("Grid as PNG"))
    assert picture.format == "PNG"
    caption = f"Tiny ResNet (untrained) · {SHOWN} · {'×'.join(map(str, values.shape))} · coffee.png"
    expected = draw_grid(grid, caption, "fixed range, 0 to 2.5")
    assert picture.size == expected.size
    seen, drawn = np.asarray(picture.convert("RGB")), np.asarray(expected)
    assert np.array_equal(seen[44:-46], drawn[44:-46]), "the maps in the PNG are not those on the screen"
    assert (seen[:44] < 128).any(), "no caption above the maps"
    assert (seen[-46:] < 128).any(), "no range below the maps"


def run(program: Path, folder: Path) -> str:
    """Run a downloaded program in a folder of its own, as the person who downloaded it would."""
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("source", ["sample", "upload"])
def test_the_program_reproduces_what_is_on_the_screen(visitor: Visitor, tmp_path: Path, source: str) -> None:
    picture = "chelsea"
    if source == "sample":
        visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": LAYER})
    else:
        name, data = 'my "cup" & {co}\'ffee.png', file_of("coffee")
        picture = "coffee"
        visitor.open("visualization", {**VIEW, "picture": "chelsea"})
        visitor.drop(name, data)
        visitor.wait_for_parameters(picture=mark(data))
        expect(visitor.sidebar).to_contain_text(name)
        (tmp_path / name).write_bytes(data)
    program = visitor.download("Python program")
    shown_picture = np.asarray(Image.open(visitor.download("Grid as PNG")))
    with np.load(visitor.download("Activations of the layer as NPZ")) as stored:
        shown = dict(stored)
    on_page = visitor.page.locator("[data-testid=stCode] code").inner_text()
    code = program.read_text(encoding="utf-8")
    assert [line for line in on_page.splitlines() if line.strip()] == [
        line for line in code.splitlines() if line.strip()
    ]
    said = run(program, tmp_path)
    with np.load(tmp_path / "activations.npz") as stored:
        assert set(stored) == set(shown)
        assert all(np.array_equal(stored[key], shown[key]) for key in shown)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "activations.png")), shown_picture)
    printed = re.findall(r"^ *([\d.]+)%  (.+)$", said, re.MULTILINE)
    on_screen = [text.split("\n") for text in visitor.page.locator("ol.top-classes li").all_inner_texts()]
    assert [label for _, label in printed] == [label for label, _ in on_screen]
    for (share, _), (_, shown_share) in zip(printed, on_screen, strict=True):
        assert float(share) == pytest.approx(float(shown_share.rstrip("%")), abs=0.06)
    if source == "sample":
        assert np.array_equal(shown["maps"], capture(backbone(), sample(picture)).maps(LAYER))
