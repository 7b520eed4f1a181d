"""The section of one channel: six cards that say what core says, and lead to their sections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.architectures.loading import load
from core.datasets.sample_images import sample
from core.scripts import ScriptStart
from core.visualization.activations.activation_capture import capture
from core.visualization.channel_card.script import write_channel_script
from tests.pages.opened import Open, address, texts

CHANNEL = {"section": "channel", "backbone": "tiny_resnet"}
LAYER = "stage3.block1.relu"


def test_the_cards_say_what_core_says(open_page: Open) -> None:
    app = open_page(**CHANNEL, weights="embedded", layer=LAYER, channel=7)
    assert not app.exception
    assert address(app)["channel"] == "7"
    maps = capture(load("tiny_resnet", "embedded"), sample("chelsea")).maps(LAYER)
    row, column = np.unravel_index(np.argmax(maps[7]), maps.shape[1:])
    assert f"row {row}, column {column}: {maps[7].max():.3g}" in texts(app)
    assert f"coloured from 0 to {maps.max():.3g}" in texts(app)


@pytest.mark.parametrize("backbone", ["tiny_inception", "tiny_squeezenet", "tiny_mobilenet", "tiny_vgg"])
def test_any_layer_has_its_cards(open_page: Open, backbone: str) -> None:
    app = open_page(**{**CHANNEL, "backbone": backbone}, weights="untrained")
    assert not app.exception
    for layer in load(backbone).graph.layers[:: len(load(backbone).graph.layers) // 3]:
        app.session_state["visualization.layer"] = layer.name
        assert not app.run().exception


def test_a_card_leads_to_its_section(open_page: Open) -> None:
    app = open_page(**CHANNEL, weights="untrained", layer=LAYER, channel=7)
    app.button(key="visualization.to.made").click().run()
    assert not app.exception
    assert {name: address(app)[name] for name in ("section", "origin")} == {"section": "images", "origin": "made"}


def test_the_program_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = ScriptStart(sample="chelsea", file_name="", backbone="tiny_resnet", weights="embedded", seed=0, fit="crop")
    monkeypatch.chdir(tmp_path)
    exec(compile(write_channel_script(start, LAYER, 7, (1, 2)), "channel.py", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.count("without channel 7:") == 6
    assert [path.name for path in tmp_path.iterdir()] == ["channel.png"]
