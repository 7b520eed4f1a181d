"""Augmentation: every transform at the ends of its ranges, seeds that decide all, code that does the same."""

from __future__ import annotations

import io
import itertools
import runpy
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.special import softmax

from core import torchvision_compat
from core.architectures.loading import Backbone, load
from core.augmentation.boxes_and_masks import Target, draw_followed, draw_grid, geometry_of, transform_target
from core.augmentation.difference import difference_of
from core.augmentation.experiment import (
    SETS,
    AugmentationTrial,
    TrialEvent,
    curves,
    first_pictures,
    outcome,
    run_experiment,
    split,
)
from core.augmentation.export import time_steps, zip_bytes
from core.augmentation.invariance import SWEEPS, answers, sample_responses, stability, sweep_images
from core.augmentation.label_safety import DEPENDS, evidence_kept, warnings_for
from core.augmentation.label_safety import RULES as LABEL_RULES
from core.augmentation.mixing import MIXES, mix
from core.augmentation.model_input import model_input
from core.augmentation.pipeline import STEPS_AT_MOST, Pipeline, Step, from_json, read, to_json, write
from core.augmentation.presets import PRESETS
from core.augmentation.sampling import array_of, draw_samples, seed_of, stream_samples, working_size
from core.augmentation.script import write_script
from core.augmentation.transforms.records import GROUPS, TransformEntry
from core.augmentation.transforms.registry import TRANSFORMS
from core.datasets.sample_images import sample
from core.errors import UserError
from core.settings import Integer, Number, Setting

SIZES = {"dot": (1, 1), "strip": (1000, 3), "portrait": (48, 64), "landscape": (64, 48), "large": (900, 700)}
each_transform = pytest.mark.parametrize("name", TRANSFORMS)


def picture(size: tuple[int, int]) -> Image.Image:
    return sample("chelsea").image.resize(size)


def ends(setting: Setting[Any]) -> tuple[Any, Any]:
    assert isinstance(setting, Number | Integer)
    assert setting.maximum is not None
    return setting.minimum, setting.maximum


def corners(entry: TransformEntry) -> list[Step]:
    """Return the transform with every setting at each end, and all as they are at first."""
    combined = itertools.product(*(ends(setting) for setting in entry.settings))
    names = [setting.name for setting in entry.settings]
    steps = [Step(transform=entry.name, key=1, values=tuple(zip(names, values, strict=True))) for values in combined]
    return [Step(transform=entry.name, key=1), *steps]


def one(name: str, **values: Any) -> Pipeline:
    return Pipeline(steps=(Step(transform=name, key=1, values=tuple(values.items())),))


def pixels(name: str, seed: int = 0, **values: Any) -> np.ndarray:
    (made,) = draw_samples(picture((64, 48)), one(name, **values), seed, [0])
    return made.image


# Every transform, at the ends of its ranges


@each_transform
@pytest.mark.parametrize("size", SIZES)
def test_a_transform_works_at_the_ends_of_its_ranges_on_any_picture(name: str, size: str) -> None:
    start = picture(SIZES[size])
    steps = corners(TRANSFORMS[name])
    for step in steps if size != "large" else (steps[0], steps[-1]):
        (made,) = draw_samples(start, Pipeline(steps=(step,)), 0, [0])
        assert made.image.dtype == np.uint8
        assert made.image.ndim == 3
        assert made.image.shape[2] == 3
        assert min(made.image.shape[:2]) >= 1
        (drawn,) = made.drawn
        assert drawn.was_applied or drawn.skipped_for == "small"
        if not drawn.was_applied:
            assert (made.image == np.asarray(start)).all()


@each_transform
def test_a_row_says_what_it_teaches_and_when_it_harms(name: str) -> None:
    entry = TRANSFORMS[name]
    assert entry.idea
    assert entry.harm
    assert entry.group in GROUPS
    assert len({setting.name for setting in entry.settings}) == len(entry.settings)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rotate", {"degrees": 0.0}),
        ("zoom", {"least": 1.0, "most": 1.0}),
        ("affine", {"degrees": 0.0, "shift": 0.0, "scale": 0.0, "shear": 0.0}),
        ("brightness", {"strength": 0.0}),
        ("contrast", {"strength": 0.0}),
        ("hue", {"turn": 0.0}),
        ("noise", {"sigma": 0.0}),
        ("posterise", {"bits": 8}),
        ("sharpness", {"factor": 1.0}),
    ],
)
def test_at_its_neutral_value_a_transform_changes_next_to_nothing(name: str, values: dict[str, Any]) -> None:
    before = np.asarray(picture((64, 48))).astype(int)
    assert np.abs(pixels(name, **values).astype(int) - before).max() <= 2


def test_the_mirror_image_is_the_mirror_image() -> None:
    start = np.asarray(picture((64, 48)))
    assert (pixels("flip") == start[:, ::-1]).all()
    assert (pixels("vertical_flip") == start[::-1]).all()
    assert (pixels("invert") == 255 - start).all()


# Seeds decide all


@each_transform
def test_the_same_seed_gives_the_same_pixels_and_another_one_others(name: str) -> None:
    start = picture((96, 80))
    size = {"size": 40} if "size" in TRANSFORMS[name].defaults else {}
    first, second = (draw_samples(start, one(name, **size), 5, range(6)) for _ in range(2))
    assert [made.drawn for made in first] == [made.drawn for made in second]
    assert all((a.image == b.image).all() for a, b in zip(first, second, strict=True))
    numbers = {made.image.tobytes() for made in first}
    assert len(numbers) > 1 or len({made.drawn[0].parameters for made in first}) == 1


def test_drawing_neither_reads_nor_moves_the_random_numbers_of_others() -> None:
    start = picture((64, 48))
    every = Pipeline(steps=tuple(Step(transform=name, key=key) for key, name in enumerate(list(TRANSFORMS)[:12])))
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    alone = draw_samples(start, every, 0, [0])[0].image
    assert (torch.rand(3) == expected).all()
    stop = threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            torch.rand(100)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        assert (draw_samples(start, every, 0, [0])[0].image == alone).all()
    finally:
        stop.set()
        thread.join()


def test_one_setting_leaves_all_other_steps_as_they_were() -> None:
    start = picture((96, 80))
    before = read("rotate.1.degrees:10~brightness.2~hue.3~erase.4.p:0,5")
    after = before.turned(1, "degrees", 40.0)
    for old, new in zip(draw_samples(start, before, 3, range(8)), draw_samples(start, after, 3, range(8)), strict=True):
        assert [one.parameters for one in old.drawn[1:]] == [one.parameters for one in new.drawn[1:]]
        assert [one.was_applied for one in old.drawn] == [one.was_applied for one in new.drawn]
        angles = [float(dict(made.drawn[0].parameters)["angle"]) for made in (old, new)]
        assert angles[1] == pytest.approx(4 * angles[0], rel=0.02)


def test_a_step_draws_the_same_wherever_it_stands() -> None:
    start = picture((96, 80))
    first = read("brightness.1~hue.2~contrast.3")
    for made, other in zip(
        draw_samples(start, first, 0, range(4)), draw_samples(start, first.moved(3, -2), 0, range(4)), strict=True
    ):
        assert {one.key: one.parameters for one in made.drawn} == {one.key: one.parameters for one in other.drawn}


def test_a_probability_is_how_often_a_step_is_applied() -> None:
    often = read("invert.1.p:0,3")
    applied = [made.drawn[0].was_applied for made in draw_samples(picture((2, 2)), often, 0, range(1000))]
    assert 0.25 < np.mean(applied) < 0.35
    less = [made.drawn[0].was_applied for made in draw_samples(picture((2, 2)), read("invert.1.p:0,1"), 0, range(1000))]
    assert all(more or not fewer for more, fewer in zip(applied, less, strict=True)), "rarer is a part of more often"


def test_what_was_drawn_is_what_was_done() -> None:
    start = picture((96, 80))
    from torchvision.transforms.v2 import functional as F

    for made in draw_samples(start, one("rotate", degrees=60.0), 2, range(3)):
        angle = float(dict(made.drawn[0].parameters)["angle"])
        turned = F.rotate(torch.from_numpy(np.array(start)).permute(2, 0, 1), angle, F.InterpolationMode.BILINEAR)
        difference = np.abs(turned.permute(1, 2, 0).numpy().astype(int) - made.image.astype(int))
        assert difference.mean() < 1.5
    names = {
        name
        for made in draw_samples(start, one("trivial_augment"), 0, range(40))
        for name, _ in made.drawn[0].parameters
    }
    assert len(names) > 8


# The exported program


@pytest.mark.parametrize("name", [*PRESETS, "everything"])
def test_the_program_draws_the_very_pixels_of_the_preview(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torchvision_compat.declare()
    parts = [[*TRANSFORMS][index : index + STEPS_AT_MOST] for index in range(0, len(TRANSFORMS), STEPS_AT_MOST)]
    pipelines = [
        Pipeline(steps=tuple(Step(transform=one, key=key, chance=0.8) for key, one in enumerate(part)))
        for part in parts
    ]
    start = working_size(sample("coffee").image, 120)
    for pipeline in pipelines if name == "everything" else [PRESETS[name].pipeline]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        start.save(folder / "picture.png")
        (folder / "augment.py").write_text(write_script(pipeline, 11, range(2, 5)))
        monkeypatch.setattr(sys, "argv", ["augment.py", str(folder / "picture.png")])
        with torch.random.fork_rng():
            runpy.run_path(str(folder / "augment.py"), run_name="__main__")
        for made in draw_samples(start, pipeline, 11, range(2, 5)):
            written = np.asarray(Image.open(folder / f"picture-{made.number:02d}.png"))
            assert written.shape == made.image.shape
            assert (written == made.image).all(), name


# Geometry: what goes along


@pytest.mark.parametrize("name", [name for name, entry in TRANSFORMS.items() if entry.moves])
def test_boxes_masks_and_points_follow_the_pixels(name: str) -> None:
    torchvision_compat.declare()
    from torchvision import tv_tensors

    side = 120
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[50:70, 40:75] = 255
    mask = tv_tensors.Mask(torch.from_numpy(canvas[None, :, :, 0] // 255))
    box = tv_tensors.BoundingBoxes(torch.tensor([[40.0, 50.0, 75.0, 70.0]]), format="XYXY", canvas_size=(side, side))
    point = tv_tensors.KeyPoints(torch.tensor([[57.5, 60.0]]), canvas_size=(side, side))
    gentle = {"random_crop": {"size": 110}, "centre_crop": {"size": 110}, "five_crop": {"size": 110}}
    gentle |= {"resized_crop": {"size": 120, "least": 0.8}, "elastic": {"alpha": 30.0}}
    pipeline = one(name, **gentle.get(name, {}))
    for made in stream_samples(Image.fromarray(canvas), pipeline, 1, range(4), others=(mask, box, point)):
        seen, covered = made.image[..., 0] > 127, made.others[0][0].numpy() > 0
        if not seen.any():
            continue
        agreement = (seen & covered).sum() / (seen | covered).sum()
        assert agreement > 0.85
        rows, columns = np.nonzero(seen)
        left, top, right, bottom = made.others[1][0].tolist()
        assert left <= columns.min() + 3
        assert top <= rows.min() + 3
        assert right >= columns.max() - 3
        assert bottom >= rows.max() - 3
        x, y = made.others[2][0].tolist()
        inside = 0 < x < made.image.shape[1] and 0 < y < made.image.shape[0]
        if inside and name != "elastic":
            assert abs(x - columns.mean()) < 12
            assert abs(y - rows.mean()) < 12


# Pipelines


def test_steps_are_added_moved_switched_off_and_removed() -> None:
    pipeline = Pipeline().added("flip").added("rotate").added("hue")
    assert [step.key for step in pipeline.steps] == [1, 2, 3]
    assert [step.transform for step in pipeline.moved(3, -5).steps] == ["hue", "flip", "rotate"]
    assert [step.transform for step in pipeline.moved(1, 1).steps] == ["rotate", "flip", "hue"]
    assert [step.transform for step in pipeline.changed(2, is_on=False).active] == ["flip", "hue"]
    assert [step.key for step in pipeline.removed(3).added("blur").steps] == [1, 2, 3]
    with pytest.raises(UserError, match="at most"):
        Pipeline(steps=tuple(Step(transform="flip", key=key) for key in range(STEPS_AT_MOST + 1)))


@pytest.mark.parametrize("name", PRESETS)
def test_a_pipeline_comes_back_from_its_link_and_its_file(name: str) -> None:
    pipeline = PRESETS[name].pipeline.changed(1, is_on=False, chance=0.25)
    assert read(write(pipeline)) == pipeline
    assert from_json(to_json(pipeline, 17).encode()) == (pipeline, 17)


@pytest.mark.parametrize(
    "text",
    [
        "nothing.1",
        "rotate",
        "rotate.x",
        "rotate.1.degrees",
        "rotate.1.angle:3",
        "rotate.1.p:2",
        "rotate.1.p:nan",
        "~~...",
    ],
)
def test_a_text_that_is_no_pipeline_is_refused_in_words(text: str) -> None:
    with pytest.raises(UserError):
        read(text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"format": "convscope-augmentation", "version": 2, "seed": 0, "steps": []}',
        to_json(read("rotate.1"), 0).replace("15.0", "1e9").encode(),
        to_json(read("rotate.1"), 0).replace("rotate", "explode").encode(),
        to_json(read("rotate.1~flip.1"), 0).encode(),
        to_json(read("rotate.1"), 0).replace('"probability": 1.0', '"probability": 7').encode(),
        (b'{"format": "convscope-augmentation", "version": 1, "seed": 0, "steps": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    ],
)
def test_a_file_that_holds_no_pipeline_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UserError):
        from_json(content)


def test_seeds_are_far_apart() -> None:
    seeds = {seed_of(seed, number, key) for seed in range(5) for number in range(20) for key in range(8)}
    assert len(seeds) == 5 * 20 * 8
    assert all(0 <= one < 2**63 for one in seeds)


# The geometry, and what is received


def test_the_grid_tells_the_matrix_and_what_is_left() -> None:
    start = picture((120, 90))
    mirrored = geometry_of(start, one("flip"), 0, 0)
    np.testing.assert_allclose(mirrored.matrix, [[-1, 0, 119], [0, 1, 0]], atol=1e-6)
    assert (mirrored.kept, mirrored.filled) == (1.0, 0.0)
    cut = geometry_of(start, one("centre_crop", size=60), 0, 0)
    np.testing.assert_allclose(cut.matrix, [[1, 0, -30], [0, 1, -15]], atol=1e-6)
    assert cut.kept == pytest.approx(60 * 60 / (120 * 90), abs=0.04)
    turned = geometry_of(start, one("rotate", degrees=60.0), 2, 1)
    angle = np.deg2rad(float(dict(turned.sample.drawn[0].parameters)["angle"]))
    assert turned.is_affine
    assert turned.matrix[0, 0] == pytest.approx(np.cos(angle), abs=0.01)
    assert turned.filled > 0
    bent = geometry_of(start, one("elastic", alpha=150.0), 0, 0)
    assert not bent.is_affine
    assert draw_grid(bent).size == start.size


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("size", [(1, 1), (3, 1000), (1000, 3), (64, 48)], ids=str)
def test_a_box_and_a_grid_are_drawn_on_any_picture(size: tuple[int, int], preset: str) -> None:
    start, pipeline = picture(size), PRESETS[preset].pipeline
    for target in (Target(), Target(x=1.0, y=0.0, width=0.05, height=0.05)):
        followed = transform_target(start, pipeline, 0, 0, target)
        assert draw_followed(followed).size == followed.sample.image.shape[1::-1]
    made = geometry_of(start, pipeline, 0, 0)
    assert draw_grid(made).size == made.sample.image.shape[1::-1]
    assert 0 <= made.kept <= 1


def test_what_is_received_is_what_the_network_gets() -> None:
    from core.architectures.loading import TINY_PREPROCESSING

    (made,) = draw_samples(picture((100, 80)), one("rotate"), 0, [0])
    arrived = model_input(made.image, TINY_PREPROCESSING)
    assert arrived.values.shape == (3, 64, 64)
    np.testing.assert_allclose(arrived.counts.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(arrived.means, arrived.values.reshape(3, -1).mean(1), atol=1e-5)
    mean, std = np.array(TINY_PREPROCESSING.mean), np.array(TINY_PREPROCESSING.std)
    again = (np.asarray(arrived.image) / 255 - mean) / std
    np.testing.assert_allclose(arrived.values.transpose(1, 2, 0), again, atol=1e-4)


def test_a_difference_says_where_and_how_much() -> None:
    first, second = np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)
    second[1, 2, 0] = 40
    found = difference_of(first, second)
    assert found is not None
    assert (found.most, found.share) == (40, 1 / 20)
    assert found.image[1, 2].tolist() == [255, 255, 255]
    assert difference_of(first, second[:3]) is None
    same = difference_of(first, first)
    assert same is not None
    assert same.most == 0


def test_the_archive_holds_the_samples_and_what_makes_them() -> None:
    start = working_size(sample("coffee").image, 100)
    pipeline = PRESETS["strong"].pipeline
    archive = zipfile.ZipFile(io.BytesIO(zip_bytes(start, pipeline, 4, range(3))))
    for made in draw_samples(start, pipeline, 4, range(3)):
        written = np.asarray(Image.open(io.BytesIO(archive.read(f"samples/{made.number:02d}.png"))))
        assert (written == made.image).all()
    assert from_json(archive.read("pipeline.json")) == (pipeline, 4)
    assert (np.asarray(Image.open(io.BytesIO(archive.read("picture.png")))) == np.asarray(start)).all()
    compile(archive.read("augment.py"), "augment.py", "exec")


def test_every_active_step_is_timed() -> None:
    pipeline = read("flip.1.p:0~blur.2~hue.3.off")
    times = time_steps(picture((64, 48)), pipeline, 0, repeats=2)
    assert [one.key for one in times] == [1, 2]
    assert all(one.milliseconds > 0 for one in times)


# Whether a network minds, and whether the label is true


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load("tiny_squeezenet", "embedded")


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_leaves_the_picture_alone_at_its_neutral_value(name: str) -> None:
    sweep = SWEEPS[name]
    assert len(sweep.values) == 41
    assert sweep.neutral in sweep.values
    start = picture((48, 40))
    pictures = [array_of(one) for one in sweep_images(start, sweep)]
    neutral = int(np.flatnonzero(sweep.values == sweep.neutral)[0])
    assert (pictures[neutral] == np.asarray(start)).all()
    changed = [np.abs(one.astype(int) - pictures[neutral]).mean() for one in pictures]
    assert max(changed[0], changed[-1]) > 3
    for size in ((1, 1), (2, 3)):
        assert len(list(sweep_images(picture(size), sweep))) == 41


def test_all_values_in_one_pass_are_what_each_gives_alone(backbone: Backbone) -> None:
    start = picture((80, 64))
    found = stability(backbone, start, SWEEPS["angle"])
    for place in (0, 20, 33):
        turned = list(sweep_images(start, SWEEPS["angle"]))[place]
        alone = softmax(answers(backbone, [array_of(turned)])[0], axis=1)[0]
        np.testing.assert_allclose(found.probabilities[place], alone, atol=1e-3)
    assert found.first == int(found.probabilities[found.neutral].argmax())
    first = found.probabilities.argmax(1)
    below, above = found.flips
    if below is not None:
        at = int(np.flatnonzero(found.values == below)[0])
        assert first[at] != found.first
        assert (first[at + 1 : found.neutral + 1] == found.first).all()
    if above is not None:
        at = int(np.flatnonzero(found.values == above)[0])
        assert (first[found.neutral : at] == found.first).all()
    assert found.strongest(3)[0] == found.first


def test_samples_of_a_picture_are_nearer_to_it_than_other_pictures(backbone: Backbone) -> None:
    start = working_size(sample("chelsea").image, 128)
    others = [np.asarray(working_size(sample(name).image, 128)) for name in ("coffee", "rocket", "china", "astronaut")]
    gentle = [made.image for made in draw_samples(start, read("brightness.1.strength:0,1"), 0, range(6))]
    found = sample_responses(backbone, start, gentle, others)
    assert found.spread < 0.5
    assert found.share_kept == 1
    assert found.places.shape == (6, 2)
    assert 0 < found.explained <= 1
    same = sample_responses(backbone, start, [np.asarray(start)] * 2, others)
    assert same.spread == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(same.places[0], same.start, atol=1e-2)


@pytest.mark.parametrize(
    ("text", "depends", "rules"),
    [
        ("flip.1", ["reading"], ["mirrored_text"]),
        ("flip.1", ["colour"], []),
        ("flip.1.off", ["reading"], []),
        ("flip.1.p:0", ["reading"], []),
        ("rotate.1.degrees:30", ["reading", "upright"], []),
        ("rotate.1.degrees:120", ["reading", "upright"], ["six_and_nine", "turned_over"]),
        ("hue.1.turn:0,2~greyscale.2", ["colour"], ["turned_hue", "other_colours"]),
        ("resized_crop.1", ["size"], ["cropped_size"]),
        ("affine.1.shear:30", ["outline"], ["slanted_outline"]),
        ("jpeg.1~blur.2", ["texture"], ["compressed_texture", "blurred_texture"]),
    ],
)
def test_a_step_that_may_make_the_label_untrue_is_warned_of(text: str, depends: list[str], rules: list[str]) -> None:
    assert [warning.rule.name for warning in warnings_for(read(text), depends)] == rules


def test_every_rule_is_broken_by_some_step_and_every_dependence_has_one() -> None:
    for rule in LABEL_RULES.values():
        steps = [step for name in rule.transforms for step in corners(TRANSFORMS[name])]
        assert any(rule.breaks(step) for step in steps), rule.name
    assert {rule.depends for rule in LABEL_RULES.values()} == set(DEPENDS)


def test_the_evidence_that_a_crop_leaves_is_counted() -> None:
    start = picture((100, 100))
    upper_left = np.zeros((10, 10), np.float32)
    upper_left[:3, :3] = 1
    nothing = geometry_of(start, Pipeline(), 0, 0)
    assert evidence_kept(nothing, upper_left, start.size, 1.0) == pytest.approx(1)
    middle = geometry_of(start, one("centre_crop", size=30), 0, 0)
    assert evidence_kept(middle, upper_left, start.size, 1.0) == 0
    centre = np.zeros((10, 10), np.float32)
    centre[4:6, 4:6] = 1
    assert evidence_kept(middle, centre, start.size, 1.0) == pytest.approx(1)
    assert evidence_kept(middle, np.zeros((10, 10), np.float32), start.size, 1.0) == middle.kept


def test_the_evidence_seen_in_a_picture_is_that_of_its_first_answer(backbone: Backbone) -> None:
    from core.visualization.attribution.top_class import attribute_top_class

    pixels = np.array(working_size(sample("chelsea").image, 128))
    found = attribute_top_class(pixels, backbone)
    logits = answers(backbone, [pixels])[0][0]
    assert found.answer == int(logits.argmax())
    assert found.probability == pytest.approx(float(softmax(logits).max()), abs=1e-3)
    assert found.map.max() <= found.high + 1e-6
    assert found.image.size == (64, 64)


# Whether it helps


SHORT = AugmentationTrial(data="digits", pipeline="rotate.1", per_class=3, epochs=2, seeds=2)


@pytest.mark.parametrize("name", SETS)
def test_the_first_pictures_are_those_of_the_first_epoch(name: str) -> None:
    trial = AugmentationTrial(data=name, pipeline="rotate.1", seed=3)
    pixels, labels = SETS[name].load()
    starts, samples = first_pictures(trial)
    learned = split(labels, trial.per_class, 3)[0]
    of_both = [np.flatnonzero((pixels[learned] == start).all((1, 2, 3)))[0] for start in starts]
    assert labels[learned[of_both]].tolist() == list(range(SETS[name].classes))
    for place, made in zip(of_both, samples, strict=True):
        (drawn,) = draw_samples(Image.fromarray(pixels[learned[place]]), read("rotate.1"), 3, [int(place)])
        assert (made == drawn.image).all()


@pytest.mark.parametrize("name", SETS)
def test_what_judges_is_never_learned_from(name: str) -> None:
    pixels, labels = SETS[name].load()
    assert pixels.shape[1:] == (32, 32, 3)
    learned, held_out = split(labels, 5, seed=1)
    assert np.bincount(labels[learned]).tolist() == [5] * SETS[name].classes
    assert not set(learned) & set(held_out)
    assert len(held_out) == 400


def test_both_arms_learn_from_the_same_and_the_same_trial_gives_the_same_events() -> None:
    events = list(run_experiment(SHORT))
    assert len(events) == 2 * 2 * 2
    assert events[-1].fraction == 1
    assert list(run_experiment(SHORT)) == events
    nothing = list(run_experiment(replace(SHORT, pipeline="")))
    pairs = {(one.place, one.epoch, one.augmented): (one.loss, one.accuracy) for one in nothing}
    for (place, epoch, augmented), found in pairs.items():
        assert found == pairs[place, epoch, not augmented], "an empty pipeline changes nothing"
    plain = [one for one in events if not one.augmented]
    assert [one.loss for one in plain] == [one.loss for one in nothing if not one.augmented]
    assert [one.loss for one in events if one.augmented] != [one.loss for one in plain]
    epochs, means, lows, highs = curves(events, True)
    assert epochs == [1, 2]
    assert all(low <= mean <= high for low, mean, high in zip(lows, means, highs, strict=True))


@pytest.mark.parametrize(
    ("pairs", "verdict"),
    [
        ([(0.5, 0.6), (0.52, 0.63), (0.49, 0.58)], "helps"),
        ([(0.6, 0.5), (0.63, 0.52), (0.58, 0.49)], "harms"),
        ([(0.5, 0.6), (0.6, 0.5), (0.5, 0.51)], "undecided"),
        ([(0.5, 0.9)], "undecided"),
    ],
)
def test_a_difference_counts_when_its_interval_leaves_zero_out(pairs: list[tuple[float, float]], verdict: str) -> None:
    from scipy.stats import ttest_rel

    events = [
        TrialEvent(step=1, total_steps=1, place=index, augmented=augmented, epoch=5, accuracy=both[augmented], loss=0.0)
        for index, both in enumerate(pairs)
        for augmented in (False, True)
    ]
    found = outcome(events, 5)
    assert found is not None
    assert found.verdict == verdict
    assert found.difference == pytest.approx(np.mean([after - before for before, after in pairs]))
    if len(pairs) > 1:
        interval = ttest_rel([after for _, after in pairs], [before for before, _ in pairs]).confidence_interval(0.95)
        assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert outcome(events, 6) is None


# Two in one


@pytest.mark.parametrize("name", MIXES)
def test_a_mix_has_the_pixels_and_the_label_of_both(name: str) -> None:
    black, white = np.zeros((90, 120, 3), np.uint8), np.full((200, 150, 3), 255, np.uint8)
    made = list(mix([black, white], name, 1.0, 3, 12))
    assert [(one.first, one.second) for one in made[:3]] == [(0, 1), (1, 0), (0, 1)]
    for one in made:
        bright = one.image.mean() / 255
        share_of_white = 1 - one.share if one.first == 0 else one.share
        assert bright == pytest.approx(share_of_white, abs=0.01)
        assert one.image.shape == (160, 160, 3)
    again = list(mix([black, white], name, 1.0, 3, 12))
    assert all((a.image == b.image).all() for a, b in zip(made, again, strict=True))
    assert len({one.share for one in made}) > 6
    rare = [one.share for one in mix([black, white], name, 0.1, 0, 40)]
    often = [one.share for one in mix([black, white], name, 4.0, 0, 40)]
    assert np.std(rare) > np.std(often)
