"""The Augmentation page: a pipeline is edited, undone and shared; its samples follow from the link alone."""

from __future__ import annotations

import re
import time

import pytest
from streamlit.testing.v1 import AppTest

from core.augmentation.pipeline import read
from core.augmentation.presets import PRESETS
from core.augmentation.transforms.registry import TRANSFORMS
from tests.pages.opened import Open, address, texts

PAGE = "augmentation"
PARTS = ("samples", "steps", "several", "along", "receives", "mind", "labels", "helps")


def press(app: AppTest, key: str) -> None:
    next(
        button for button in app.button if str(button.key).startswith(PAGE) and str(button.key).endswith(f".{key}")
    ).click().run()
    assert not app.exception


def html(app: AppTest) -> str:
    return "\n".join(one.proto.body for one in app.get("html"))


def pictures(app: AppTest) -> list[str]:
    """Return the pictures of the grid as they are sent to the browser."""
    return re.findall(r'src="(data:[^"]+)"', html(app))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_part_shows_every_preset(open_page: Open, part: str, preset: str) -> None:
    app = open_page(PAGE, part=part, pipeline=PRESETS[preset].text, backbone="tiny_resnet", weights="untrained")
    assert not app.exception
    assert not app.error
    assert address(app)["part"] == part


def test_a_link_gives_the_same_samples_again_and_another_seed_others(open_page: Open) -> None:
    app = open_page(PAGE, pipeline=PRESETS["strong"].text, draws="5")
    first = pictures(app)
    assert len(first) == 16
    assert len(set(first)) == 16
    again = open_page(PAGE, **address(app))
    assert pictures(again) == first
    press(again, "redraw")
    assert address(again)["draws"] == "6"
    assert not set(pictures(again)) & set(first)


def test_steps_are_added_turned_switched_off_moved_taken_out_and_had_again(open_page: Open) -> None:
    app = open_page(PAGE, pipeline="rotate.1~hue.2")
    press(app, "add.blur")
    assert address(app)["pipeline"] == "rotate.1~hue.2~blur.3"
    degrees = next(slider for slider in app.slider if str(slider.key).endswith(".1.degrees"))
    degrees.set_value(90.0).run()
    assert address(app)["pipeline"] == "rotate.1.degrees:90~hue.2~blur.3"
    next(slider for slider in app.slider if str(slider.key).endswith(".2.chance")).set_value(0.5).run()
    assert read(address(app)["pipeline"]).step(2).chance == 0.5
    press(app, "3.arrow_upward")
    assert [step.key for step in read(address(app)["pipeline"]).steps] == [1, 3, 2]
    next(toggle for toggle in app.toggle if str(toggle.key).endswith(".1.on")).set_value(False).run()
    assert not read(address(app)["pipeline"]).step(1).is_on
    assert "Rotation" not in re.sub(r"<b>.*?</b>", "", html(app))
    press(app, "3.remove")
    assert [step.key for step in read(address(app)["pipeline"]).steps] == [1, 2]
    for _ in range(6):
        press(app, "undo")
    assert address(app)["pipeline"] == "rotate.1~hue.2"
    assert next(slider for slider in app.slider if str(slider.key).endswith(".1.degrees")).value == 15.0


def test_a_preset_replaces_the_pipeline_and_none_is_an_empty_state(open_page: Open) -> None:
    app = open_page(PAGE)
    press(app, "preset.medical")
    assert read(address(app)["pipeline"]) == PRESETS["medical"].pipeline
    press(app, "preset.empty")
    assert address(app)["pipeline"] == ""
    assert any("every sample is the picture itself" in str(info.value) for info in app.info)
    assert len(set(pictures(app))) == 1


def test_a_broken_link_is_said_to_be_broken_and_something_is_there(open_page: Open) -> None:
    app = open_page(PAGE, pipeline="explode.1")
    assert any("no transform called" in str(error.value) for error in app.error)
    assert len(pictures(app)) == 16


def test_the_drawn_parameters_are_told(open_page: Open) -> None:
    app = open_page(PAGE, pipeline="rotate.1~trivial_augment.2~erase.3")
    assert len(re.findall(r"Rotation: angle −?\d", html(app))) == 16
    assert len(re.findall(r"Random erasing: top \d+, left \d+", html(app))) == 16


def test_the_order_demo_swaps_two_steps(open_page: Open) -> None:
    app = open_page(PAGE, part="steps", pipeline="flip.1~rotate.2.degrees:40", draws="3")
    assert "of the pixels differ" in texts(app)
    app = open_page(PAGE, part="steps", pipeline="flip.1~invert.2")
    assert "commute" in texts(app)
    app = open_page(PAGE, part="steps", pipeline="flip.1")
    assert "Switch on two steps" in texts(app)


def test_the_geometry_says_how_much_is_left(open_page: Open) -> None:
    app = open_page(PAGE, part="along", pipeline="flip.1")
    assert "**100%** of the original’s area is still inside" in texts(app)
    assert any("x' = -1" in one.value for one in app.latex)
    app = open_page(PAGE, part="along", pipeline="centre_crop.1.size:100")
    assert re.search(r"\*\*1\d%\*\* of the original", texts(app))
    app = open_page(PAGE, part="along", pipeline="trivial_augment.1")
    assert "Policies are left out here" in texts(app)


def test_the_times_of_the_steps_are_measured_on_demand(open_page: Open) -> None:
    app = open_page(PAGE, pipeline="flip.1~blur.2")
    press(app, "time")
    assert len(re.findall(r"ms a picture", texts(app))) == 2


def test_every_transform_can_be_added(open_page: Open) -> None:
    app = open_page(PAGE, pipeline="")
    keys = {button.key for button in app.button}
    assert {f"{PAGE}.add.{name}" for name in TRANSFORMS} <= keys


def test_the_network_is_asked_and_its_flips_are_told(open_page: Open) -> None:
    app = open_page(PAGE, part="mind", backbone="tiny_squeezenet", weights="embedded", picture="chelsea", sweep="angle")
    assert "As it is, the picture is “" in texts(app)
    assert "The first answer changes at" in texts(app)
    assert len(pictures(app)) == 2
    assert len(app.get("plotly_chart")) == 2


def test_warnings_follow_what_the_classes_depend_on_and_are_in_the_link(open_page: Open) -> None:
    app = open_page(PAGE, part="labels", pipeline="flip.1", depends="reading,nonsense", backbone="tiny_squeezenet")
    assert [str(one.value) for one in app.warning] == [
        "**Horizontal flip** · text or digits: Mirrored letters and digits are other signs, or none."
    ]
    assert address(app)["depends"] == "reading"
    app = open_page(PAGE, part="labels", pipeline="flip.1", depends="colour", backbone="tiny_squeezenet")
    assert not app.warning
    assert any("No step of this pipeline" in str(one.value) for one in app.success)
    app = open_page(PAGE, part="labels", pipeline="centre_crop.1.size:40", backbone="tiny_squeezenet")
    assert not app.success
    assert "**16 of 16 samples keep less than 50%" in texts(app)


def test_whether_it_helps_is_tried_live_and_said_plainly(open_page: Open) -> None:
    link = {"part": "helps", "pipeline": "flip.1", "few": "3", "rounds": "20", "runs": "2"}
    app = open_page(PAGE, **link)
    assert len(app.main.get("image")) == 1  # what there is to learn, before and after the pipeline
    press(app, "trial_player.start")
    assert not app.main.get("image")
    end = time.monotonic() + 90
    while time.monotonic() < end and not [one for one in app.button if one.key == f"{PAGE}.trial_player.start"]:
        app.run()
        assert not app.exception
        time.sleep(0.3)
    app.run()
    said = "\n".join(str(one.value) for kind in (app.success, app.warning, app.info) for one in kind)
    assert re.search(r"\*\*It .*:\*\* [+−]\d+\.\d points of accuracy", said)
    assert "(2 seeds)" in said or ", 2 seeds)" in said
    assert len(app.get("plotly_chart")) == 1


def test_several_pictures_go_through_the_same_pipeline_and_are_mixed(open_page: Open) -> None:
    app = open_page(PAGE, part="several", pipeline="rotate.1", mix="cutmix")
    assert len(pictures(app)) == 3 * 4
    assert "A rectangle of one picture in the other" in texts(app)
    assert html(app).count("top-classes") == 6
    app.multiselect[0].set_value([]).run()
    assert not app.exception
    assert len(pictures(app)) == 4
    assert "Choose a second picture to mix with." in texts(app)
