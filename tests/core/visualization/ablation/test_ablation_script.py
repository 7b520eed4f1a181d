"""The program that a person can download silences the same channels and finds the same importance."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from core.architectures.loading import load
from core.datasets.sample_images import sample
from core.images.preprocessing import fit_to_input, to_array
from core.scripts import ScriptStart
from core.visualization.ablation.channel_ablation import Ablation, importance, without
from core.visualization.ablation.script import write_ablation_script
from core.visualization.activations.activation_capture import capture
from core.visualization.predictions import top_classes

START = ScriptStart(
    sample="chelsea", file_name="chelsea.png", backbone="tiny_resnet", weights="embedded", seed=0, fit="letterbox"
)
LAYER = "stage4.block1.conv1.norm"


def test_it_computes_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = write_ablation_script(START, LAYER, "mean", "2-5,9", 4)
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "knockout.py", "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out.splitlines()
    backbone, picture = load(START.backbone, START.weights), sample("chelsea")
    batch = to_array(fit_to_input(picture, backbone.preprocessing, "letterbox").image, backbone.preprocessing)
    activations = capture(backbone, picture, "letterbox")
    ablation = Ablation(backbone=backbone, activations=activations, batch=batch, layer=LAYER, filling="mean")
    before = top_classes(activations.logits, backbone.class_names, 1)[0]
    after = top_classes(without(ablation, [2, 3, 4, 5, 9]), backbone.class_names, len(backbone.class_names))
    then = next(each for each in after if each.index == before.index)
    assert printed[0] == f"5 of {ablation.channels} channels silenced in {LAYER}"
    assert printed[1].split() == [f"{before.probability:.2%}", "->", f"{then.probability:.2%}", *before.label.split()]
    with (tmp_path / "importance.csv").open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert tuple(head[1:]) == backbone.class_names
    found = np.array(rows, float)
    np.testing.assert_array_equal(found[:, 0], np.arange(ablation.channels))
    np.testing.assert_allclose(found[:, 1:], importance(ablation), rtol=1e-4, atol=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["importance.csv"]
