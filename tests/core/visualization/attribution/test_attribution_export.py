"""Methods compared, the maps as one image, and the program: they say what core computes."""

from __future__ import annotations

import csv
import io
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.architectures.loading import load
from core.datasets.sample_images import sample
from core.images.preprocessing import fit_to_input, to_array
from core.scripts import ScriptStart
from core.visualization.activations.activation_capture import capture
from core.visualization.activations.drawing import MARGIN
from core.visualization.attribution.base import AttributionRequest
from core.visualization.attribution.drawing import draw_evidence, overlay
from core.visualization.attribution.insertion_deletion import chance, enlarge_map, score_map
from core.visualization.attribution.method_comparison import CHANCE, compare, table
from core.visualization.attribution.methods import METHODS, attribute
from core.visualization.attribution.script import EvidenceRequest, write_attribution_script
from core.visualization.colormaps import colour

LAYER = "stage4.conv3.relu"
START = ScriptStart(
    sample="chelsea", file_name="chelsea.png", backbone="tiny_vgg", weights="untrained", seed=3, fit="crop"
)


@pytest.fixture(scope="module")
def asked() -> AttributionRequest:
    backbone, picture = load("tiny_vgg", "untrained", 3), sample("chelsea")
    pixels = to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing)
    activations = capture(backbone, picture)
    best, worst = int(activations.logits.argmax()), int(activations.logits.argmin())
    return AttributionRequest(
        backbone=backbone, batch=pixels, targets=(best, worst), layer=LAYER, activations=activations
    )


def test_methods_are_compared_by_their_own_maps_and_beside_chance(asked: AttributionRequest) -> None:
    events = list(compare(asked, ("grad_cam", "occlusion"), {"patch": 50, "patch_stride": 100}, seed=2))
    steps = [event.step for event in events]
    assert steps == sorted(steps)
    assert events[-1].is_complete
    assert [len(event.entrants) for event in events] == sorted(len(event.entrants) for event in events)
    assert [entrant.method for entrant in events[-1].entrants] == ["grad_cam", "occlusion", CHANCE]
    target = asked.targets[0]
    maps = {"grad_cam": attribute(asked, "grad_cam").of(target), CHANCE: chance(2)}
    for entrant in events[-1].entrants:
        if entrant.method in maps:
            assert np.array_equal(entrant.map, maps[entrant.method])
            assert entrant.judgement is not None
            expected = score_map(asked, entrant.map, target)
            assert np.array_equal(entrant.judgement.insertion, expected.insertion)
            assert entrant.judgement.deletion_score == expected.deletion_score
    rows = list(csv.reader(io.StringIO(table(events[-1]))))
    assert rows[0][:3] == ["method", "curve", "area"]
    assert [row[:2] for row in rows[1:]] == [
        [name, curve] for name in ("grad_cam", "occlusion", CHANCE) for curve in ("insertion", "deletion")
    ]
    for row in rows[1:]:
        assert float(row[2]) == pytest.approx(np.trapezoid([float(value) for value in row[3:]], dx=1 / 24))


def test_a_flat_map_is_not_judged(asked: AttributionRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.visualization.attribution import method_comparison

    empty = np.zeros((1, 8, 8), np.float32)

    def explain(asked: AttributionRequest, name: str, settings: object) -> Any:
        yield from (attribute_like(asked, empty),)

    def attribute_like(asked: AttributionRequest, maps: np.ndarray) -> Any:
        from core.visualization.attribution.base import Attribution

        return Attribution(
            step=1, total_steps=1, method="grad_cam", targets=asked.targets[:1], layer=LAYER, signed=False, maps=maps
        )

    monkeypatch.setattr(method_comparison, "explain", explain)
    (flat, by_chance) = list(compare(asked, ("grad_cam",)))[-1].entrants
    assert flat.judgement is None
    assert by_chance.judgement is not None


@pytest.mark.parametrize("method", ["grad_cam", "occlusion"])
def test_the_image_shows_every_map_on_one_range(asked: AttributionRequest, method: str) -> None:
    found = attribute(asked, method, {"patch": 50, "patch_stride": 100})
    image = fit_to_input(sample("chelsea"), asked.backbone.preprocessing).image
    drawn = np.asarray(draw_evidence(image, found, "caption", ["a", "b"], "range"))
    grey = np.asarray(image.convert("L"), float)[..., None]
    for index, target in enumerate(asked.targets):
        coloured = colour(enlarge_map(found.of(target), (64, 64)), *found.range, signed=found.signed)
        left = MARGIN + (index + 1) * (320 + MARGIN)
        panel = drawn[MARGIN + 46 : MARGIN + 46 + 320 : 5, left : left + 320 : 5]
        assert np.abs(panel - (0.4 * grey + 0.6 * coloured)).max() < 1.01
    assert np.array_equal(drawn[MARGIN + 46 : MARGIN + 366 : 5, MARGIN : MARGIN + 320 : 5], np.asarray(image))
    assert np.array_equal(
        np.asarray(overlay(image, found.of(asked.targets[0]), found.range, found.signed, 0)),
        np.asarray(image.convert("L").convert("RGB")),
    )


def test_the_program_reproduces_the_page(
    asked: AttributionRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"patch": 50, "patch_stride": 100, "cover": "black", "measure": "logit"}
    program = EvidenceRequest(
        start=START,
        method="occlusion",
        settings=settings,
        targets=asked.targets,
        layer=LAYER,
        caption='it\'s "mine" {0}',
    )
    (tmp_path / "evidence.py").write_text(write_attribution_script(program), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("evidence.py")
    assert {path.name for path in tmp_path.iterdir()} == {"evidence.py", "evidence.npz", "evidence.png"}
    expected = attribute(asked, "occlusion", settings)
    with np.load("evidence.npz") as written:
        assert np.array_equal(written["maps"], expected.maps)
        assert tuple(written["targets"]) == asked.targets
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"occlusion at {LAYER}: from {expected.range[0]:.4g} to")
    for line, target in zip(lines[1:], asked.targets, strict=True):
        score = score_map(asked, expected.of(target), target).insertion_score
        assert (f"insertion {score:.3f}" if expected.has_positive(target) else "no positive evidence") in line
    with Image.open("evidence.png") as drawn:
        assert drawn.width > 3 * 320


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_program(method: str) -> None:
    settings = METHODS[method].values()
    asked = EvidenceRequest(start=START, method=method, settings=settings, targets=(1,), layer=LAYER, caption="a")
    program = write_attribution_script(asked)
    compile(program, "evidence.py", "exec")
    assert repr(settings) in program
