"""What programs of earlier versions import still works, and says what has replaced it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from core.former_names import FORMER_NAMES
from core.paths import ROOT

PROGRAM = '''\
"""A layer as ConvScope shows it, as handed out by an earlier version."""

import numpy as np

from core.architectures.loading import load
from core.images import received, to_array
from core.samples import sample
from core.visualization.activations import capture
from core.visualization.drawing import draw_grid
from core.visualization.grid import GridView, arrange
from core.visualization.predictions import top_classes

picture = sample('coffee')
backbone = load('tiny_resnet', weights='embedded', seed=0)
activations = capture(backbone, picture, fit='crop')
batch = to_array(received(picture, backbone.preprocessing, 'crop').image, backbone.preprocessing)
print(batch.shape, top_classes(activations.logits, backbone.class_names)[0].label)
maps = activations.maps('stage1.block2.relu')
draw_grid(arrange(maps, GridView()), 'maps', 'range').save("activations.png")
'''


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in FORMER_NAMES for name in FORMER_NAMES[module]]
)
def test_a_former_name_gives_what_has_replaced_it(module: str, name: str) -> None:
    place, _, own = FORMER_NAMES[module][name].rpartition(".")
    with pytest.warns(DeprecationWarning, match=f"is now {place}.{own}$"):
        found = getattr(importlib.import_module(module), name)
    assert found is getattr(importlib.import_module(place), own)


def test_what_a_former_module_never_had_is_missed_as_ever() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        importlib.import_module("core.samples").nothing  # noqa: B018
    with pytest.raises(ImportError, match="nothing"):
        importlib.import_module("core.nothing")


def test_a_program_of_an_earlier_version_runs(tmp_path: Path) -> None:
    (tmp_path / "activations.py").write_text(PROGRAM)
    ran = subprocess.run(
        [sys.executable, "activations.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("(1, 3, 64, 64) ")
    assert "core.samples.sample is now core.datasets.sample_images.sample" in ran.stderr
    assert (tmp_path / "activations.png").stat().st_size > 1000
