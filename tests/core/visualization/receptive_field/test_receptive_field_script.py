"""The program for a cell's receptive field runs as it is, and computes exactly what the page shows."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.architectures.loading import load
from core.architectures.receptive_field.fields import receptive_fields
from core.datasets.sample_images import sample
from core.images.preprocessing import fit_to_input, to_array
from core.paths import ROOT
from core.visualization.receptive_field.drawing import FieldTexts, draw_field
from core.visualization.receptive_field.effective import effective_receptive_field
from core.visualization.receptive_field.gradient_share import gradient_share
from core.visualization.receptive_field.growth import growth, growth_table
from core.visualization.receptive_field.script import FieldRequest, write_field_script

REQUEST = FieldRequest(
    sample="chelsea",
    file_name="chelsea.png",
    backbone="tiny_mobilenet",
    weights="untrained",
    seed=3,
    fit="letterbox",
    layer="stage2.block1.depthwise.norm",
    channel=5,
    row=4,
    column=9,
    caption="Tiny MobileNet 'x' {0} \\",
    range_label='"""',
)


def test_it_writes_what_the_page_shows(tmp_path: Path) -> None:
    program = tmp_path / "receptive_field.py"
    program.write_text(write_field_script(REQUEST), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error::SyntaxWarning", program.name]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    backbone = load(REQUEST.backbone, REQUEST.weights, REQUEST.seed)
    image = fit_to_input(sample("chelsea"), backbone.preprocessing, "letterbox").image
    fields = receptive_fields(backbone)
    field = fields[REQUEST.layer]
    assert field is not None
    pixels = to_array(image, backbone.preprocessing)
    sensitivity = effective_receptive_field(backbone, pixels, REQUEST.layer, 5, 4, 9)
    assert sensitivity.any()
    with np.load(tmp_path / "effective_field.npz") as written:
        np.testing.assert_array_equal(written["sensitivity"], sensitivity)
    assert str(field.size) in done.stdout
    assert str(field.box(4, 9)) in done.stdout
    assert str(gradient_share(sensitivity)) in done.stdout
    table = (tmp_path / "receptive_fields.csv").read_text(encoding="utf-8")
    assert table == growth_table(growth(backbone.graph.layers, fields))
    texts = FieldTexts(caption=REQUEST.caption, range_label=REQUEST.range_label)
    drawn = draw_field(image, field, (4, 9), sensitivity, texts)
    with Image.open(tmp_path / "receptive_field.png") as picture:
        assert (np.asarray(picture) == np.asarray(drawn)).all()


@pytest.mark.parametrize("weights", ["imagenet", "untrained"])
def test_it_is_valid_for_uploads_all_channels_and_downloads(weights: str) -> None:
    request = replace(
        REQUEST, sample=None, file_name='it\'s "mine".png', backbone="resnet18", weights=weights, channel=None
    )
    program = write_field_script(request)
    tree = ast.parse(program)
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert all(module and module.split(".")[0] == "core" for module in modules)
    assert ("fetch(" in program) == (weights == "imagenet")
    assert "channel, row, column = 'stage2.block1.depthwise.norm', None, 4, 9" in program
