"""The section in which channels are silenced: what it says, its buttons, its link, and what others ask it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.architectures.loading import load
from core.datasets.sample_images import sample
from core.images.preprocessing import fit_to_input, to_array
from core.visualization.ablation.changes import ranking, write_channels
from core.visualization.ablation.channel_ablation import Ablation, importance, without
from core.visualization.activations.activation_capture import capture
from core.visualization.predictions import top_classes
from tests.pages.opened import Open, address, texts

LAYER = "stage4.block2.relu"


@pytest.fixture(scope="module")
def ablation() -> Ablation:
    backbone, picture = load("tiny_resnet", "embedded"), sample("chelsea")
    batch = to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing)
    return Ablation(backbone=backbone, activations=capture(backbone, picture), batch=batch, layer=LAYER)


def opened(open_page: Open, **parameters: Any) -> AppTest:
    settings = {"backbone": "tiny_resnet", "weights": "embedded", "section": "knockout", "layer": LAYER}
    app = open_page("visualization", **{**settings, **parameters})
    assert not app.exception
    return app


def press(app: AppTest, name: str) -> AppTest:
    app.button(key=f"visualization.knockout.{name}").click().run()
    assert not app.exception
    return app


def html_of(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in app.get("html"))


def test_a_link_silences_and_the_answer_is_the_true_one(open_page: Open, ablation: Ablation) -> None:
    app = opened(open_page, silenced="3-40,70,9999")
    chosen = [*range(3, 41), 70]
    assert f"{len(chosen)} of 176 channels silenced" in texts(app)
    assert address(app)["silenced"] == "3-40,70"
    labels = ablation.backbone.class_names
    before = top_classes(ablation.activations.logits, labels, 1)[0]
    answer = top_classes(without(ablation, chosen), labels, len(labels))
    then = next(each for each in answer if each.index == before.index)
    assert f"<b>{before.probability:.1%} → {then.probability:.1%}</b>" in html_of(app)
    expected = "still" if answer[0].index == before.index else "changes from"
    assert f"The answer {'is ' if expected == 'still' else ''}{expected} “{before.label}”" in texts(app)


def test_buttons_silence_and_take_back(open_page: Open, ablation: Ablation) -> None:
    app = opened(open_page, channel=5)
    assert "silenced" not in address(app)
    assert "Nothing is silenced" in texts(app)
    assert app.button(key="visualization.knockout.undo").disabled
    press(app, "strongest")
    cat = int(ablation.activations.logits.argmax())
    strongest = ranking(np.arange(176), importance(ablation), cat, 3).supporting
    text = write_channels(each.channel for each in strongest)
    assert address(app)["silenced"] == text
    press(app, "others")
    assert address(app)["silenced"] == "0-4,6-175"
    press(app, "undo")
    assert address(app)["silenced"] == text
    press(app, "restore")
    assert "silenced" not in address(app)
    press(app, "undo")
    assert address(app)["silenced"] == text


def test_many_scattered_channels_are_said_not_to_fit_the_link(open_page: Open) -> None:
    app = opened(open_page)
    app.session_state["visualization.silenced"] = write_channels(each for each in range(176) if each % 3)
    app.run()
    assert "117 of 176" in texts(app)
    assert "do not fit into a link" in texts(app)
    assert "silenced" not in address(app)


def test_silenced_channels_belong_to_their_layer_but_not_to_the_picture(open_page: Open) -> None:
    app = opened(open_page, silenced="3", filling="mean")
    app.session_state["visualization.layer"] = "head.linear"
    app.run()
    assert "none of 69 channels silenced" in texts(app)
    assert "This layer is the answer itself" in texts(app)
    assert not {"silenced", "filling"} & address(app).keys()
    assert app.button(key="visualization.knockout.undo").disabled


def test_clicks_are_heard_once_and_all_of_them(open_page: Open) -> None:
    def script(count: int) -> None:
        import streamlit as st

        from pages.visualization.ablation.silenced_channels import apply_clicks

        apply_clicks("component", count)
        st.text(st.session_state["visualization.silenced"])

    app = AppTest.from_function(script, args=(10,))
    app.session_state["component"] = {"clicks": [[100, 3], [101, 4], [102, 3], [103, 99], [104, 7]]}
    for _ in range(2):
        app.run()
        assert not app.exception
        assert app.text[0].value == "4,7"
    assert app.session_state["visualization.channel"] == 7
    app.session_state["component"] = {"clicks": [[104, 7], [105, 4]]}
    assert app.run().text[0].value == "7"


def test_the_linked_view_is_told_what_a_channel_does(ablation: Ablation) -> None:
    def script() -> None:
        import streamlit as st

        from core.architectures.loading import load
        from core.datasets.sample_images import sample
        from core.visualization.activations.activation_capture import capture
        from pages.visualization.ablation.section import class_contributions
        from pages.visualization.selection import Selection

        backbone, picture = load("tiny_resnet", "embedded"), sample("chelsea")
        activations = capture(backbone, picture)
        layer = activations.layer("stage4.block2.relu")
        st.session_state["found"] = class_contributions(
            Selection(picture, backbone, "crop", activations, layer, 70, (0, 0)), 4
        )

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    found = app.session_state["found"]
    change = without(ablation, [70]) - ablation.activations.logits
    assert [each.index for each in found.losing] == np.argsort(change)[:4].tolist()
    assert [each.logit_change for each in found.losing] == pytest.approx(np.sort(change)[:4].tolist(), abs=1e-4)
    assert found.gaining[0].index == int(change.argmax())


def test_work_that_takes_long_waits_to_be_asked_for(
    open_page: Open, ablation: Ablation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import limits
    from pages.components.jobs import incremental
    from pages.visualization.ablation import importance as section

    monkeypatch.setattr(limits, "ABLATION_PASS_BYTES", 1 << 18)
    monkeypatch.setattr(incremental, "LONG_SECONDS", 1e-9)
    app = opened(open_page, picture="coffee", silenced="1", layer="stage3.block1.relu")
    assert " of 96 channels so far" in texts(app)
    monkeypatch.setattr(section, "FIRST_SECONDS", 1000.0)
    press(app, "go_on")
    assert "so far" not in texts(app)
    assert "Each channel silenced alone" in texts(app)
