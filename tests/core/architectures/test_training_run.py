"""Training: its recipe, its views, one step of it, and that ending and going on changes nothing."""

from __future__ import annotations

import copy
import json
import math
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures import evaluate
from core.architectures.loading import load
from core.architectures.training import loop
from core.architectures.training.augmentation import AugmentationRange, augment, mix, normalise
from core.architectures.training.dataset import Labelled, read_folder, split
from core.architectures.training.export import soften
from core.architectures.training.learner import Learner, computing
from core.architectures.training.loop import TrainingEvent, fingerprint, train
from core.architectures.training.metrics import logits_of
from core.architectures.training.outlier_exposure import draw_outliers
from core.architectures.training.recipe import RECIPES, TrainingRecipe
from core.architectures.zoo import tiny
from core.architectures.zoo.backbones import BACKBONES, embedded_file
from core.architectures.zoo.initialisation import Seeded
from core.paths import ROOT
from tests.core.labelled_pictures import write_pictures

CPU = torch.device("cpu")
SHORT = TrainingRecipe(epochs=4, batch=8, sides=(32,), growth=(1.0,))
SAME = AugmentationRange(least_area=1.0, most_area=1.0, stretch=1.0, colour=0.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small_network(name: str = "tiny_squeezenet", seed: int = 0) -> nn.Module:
    with Seeded(seed):
        network: nn.Module = getattr(tiny, name)()
    return network


def learner(recipe: TrainingRecipe = SHORT, teachers: tuple[nn.Module, ...] = ()) -> Learner:
    return Learner(small_network(), recipe, CPU, teachers)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Labelled, Labelled]:
    return split(read_folder(write_pictures(tmp_path_factory.mktemp("pictures"), 30)))


# --- recipe ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"batch": 1}, {"lr": 0.0}, {"warm_up": 1.0}, {"growth": (0.5, 0.5)}, {"growth": (0.5, 0.5, 0.5)},
     {"trust": 1.5}, {"temperature": 0.0}],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        replace(TrainingRecipe(epochs=10), **wrong)


def test_views_grow_and_settle_and_the_learning_rate_goes_up_once() -> None:
    recipe = TrainingRecipe(epochs=20)
    assert [recipe.side(epoch) for epoch in range(20)] == [32] * 5 + [48] * 5 + [64] * 10
    assert [recipe.is_settling(epoch) for epoch in range(20)] == [False] * 17 + [True] * 3
    rates = [recipe.lr_at(step / 1000) for step in range(1001)]
    top = rates.index(max(rates))
    assert top == 100
    assert rates[top] == pytest.approx(recipe.lr)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[0] < 0.02 * recipe.lr
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_teachers_come_before_those_whom_they_teach() -> None:
    order = list(RECIPES)
    assert sorted(order) == sorted(name for name, entry in BACKBONES.items() if entry.source == "convscope")
    for name, recipe in RECIPES.items():
        assert all(order.index(teacher) < order.index(name) for teacher in recipe.teachers)


# --- views -----------------------------------------------------------------------------------------------------------


def test_without_variety_a_view_is_the_picture_or_its_mirror_image() -> None:
    images = torch.randint(0, 256, (40, 64, 64, 3), dtype=torch.uint8)
    views = augment(images, 64, SAME, generator())
    plain = normalise(images)
    mirrored = [bool(torch.allclose(view, each.flip(2), atol=1e-4)) for view, each in zip(views, plain, strict=True)]
    same = [bool(torch.allclose(view, each, atol=1e-4)) for view, each in zip(views, plain, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 8 < sum(mirrored) < 32


def test_views_are_drawn_from_the_generator_alone() -> None:
    images = torch.randint(0, 256, (6, 64, 64, 3), dtype=torch.uint8)
    state = torch.get_rng_state()
    first, second, other = (augment(images, 48, AugmentationRange(), generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(state, torch.get_rng_state())
    assert first.shape == (6, 3, 48, 48)


def test_views_show_as_much_of_a_picture_as_they_should() -> None:
    """A picture whose red grows from left to right and green from top to bottom tells where a view lies."""
    ramp = torch.linspace(0, 255, 64)
    image = torch.stack([ramp.expand(64, 64), ramp[:, None].expand(64, 64), torch.zeros(64, 64)], dim=2).round().byte()
    variety = AugmentationRange(least_area=0.4, most_area=0.9, stretch=1.5, colour=0.0)
    views = augment(image.expand(200, 64, 64, 3), 64, variety, generator())
    std = torch.tensor([0.229, 0.224])
    width, height = ((views[:, i].amax((1, 2)) - views[:, i].amin((1, 2))) * std[i] for i in range(2))
    area, ratio = width * height, width / height
    assert area.min() > 0.4 * 0.9
    assert area.max() < 0.9 * 1.03
    assert ratio.min() > 1 / 1.5 * 0.97
    assert ratio.max() < 1.5 * 1.03
    assert area.std() > 0.1


def test_colours_change_as_much_as_they_should() -> None:
    images = torch.full((300, 8, 8, 3), 100, dtype=torch.uint8)
    variety = AugmentationRange(least_area=1.0, most_area=1.0, stretch=1.0, colour=0.2)
    views = augment(images, 8, variety, generator())
    levels = (views.mean((2, 3)) * torch.tensor([0.229, 0.224, 0.225]) + torch.tensor([0.485, 0.456, 0.406])) * 255
    assert levels.min() > 79
    assert levels.max() < 121
    assert levels.std() > 8
    assert (levels.amax(1) - levels.amin(1)).max() < 0.1, "grey stays grey"


@pytest.mark.parametrize(
    "wrong", [{"least_area": 0.0}, {"least_area": 0.9, "most_area": 0.5}, {"stretch": 0.5}, {"colour": 1.0}]
)
def test_a_variety_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        AugmentationRange(**wrong)


def test_mixed_views_are_shared_out_like_their_labels() -> None:
    views, labels = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 3, 8, 8), torch.arange(4)
    mixed, shares = mix(views, labels, 69, generator(1))
    assert torch.allclose(shares.sum(dim=1), torch.ones(4))
    assert torch.allclose(mixed[:, 0, 0, 0], shares[:, :4] @ torch.arange(4.0))
    assert not torch.equal(mixed, views)
    again = mix(views, labels, 69, generator(1))
    assert torch.equal(mixed, again[0])
    assert torch.equal(shares, again[1])


# --- one step --------------------------------------------------------------------------------------------------------


def batch() -> tuple[Tensor, Tensor]:
    return torch.randn(8, 3, 32, 32, generator=generator(3)), torch.arange(8)


def test_a_step_is_that_of_torch_optim_and_the_average_follows() -> None:
    ours = learner()
    views, labels = batch()
    expected = copy.deepcopy(ours.model)
    torch.manual_seed(SHORT.seed)
    with computing(CPU):
        logits = expected(views)
    loss = F.cross_entropy(logits.float(), labels, label_smoothing=0.1)
    loss.backward()
    decayed = [p for p in expected.parameters() if p.dim() > 1]
    others = [p for p in expected.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": SHORT.weight_decay}, {"params": others}]
    before = [p.detach().clone() for p in ours.average.parameters()]
    torch.optim.SGD(groups, lr=SHORT.lr_at(0.0), momentum=0.9, nesterov=True).step()
    assert ours.learn(views, labels, views[:0], 0, 100).item() == pytest.approx(loss.item(), rel=1e-4)
    for found, wanted in zip(ours.model.parameters(), expected.parameters(), strict=True):
        assert torch.allclose(found, wanted, atol=1e-6)
    for average, old, new in zip(ours.average.parameters(), before, ours.model.parameters(), strict=True):
        assert torch.allclose(average, 0.1 * old + 0.9 * new, atol=1e-6), "in the first step a tenth is remembered"
    statistics = zip(ours.average.buffers(), ours.model.buffers(), strict=True)
    assert all(not torch.equal(a, b) for a, b in statistics if a.is_floating_point() and a.std() > 0)


def test_a_taught_network_learns_from_the_mean_of_its_teachers_answers() -> None:
    teachers = tuple(small_network("tiny_vgg", seed).eval().requires_grad_(False) for seed in (1, 2))
    kept = [copy.deepcopy(teacher.state_dict()) for teacher in teachers]
    recipe = replace(SHORT, teachers=("a", "b"), trust=0.7, temperature=3.0)
    ours = learner(recipe, teachers)
    views, labels = batch()
    views = torch.nn.functional.interpolate(views, 64)
    with (
        torch.no_grad(),
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported()),
    ):
        torch.manual_seed(0)
        logits = copy.deepcopy(ours.model)(views).float()
        answers = torch.stack([F.softmax(teacher(views).float() / 3, dim=1) for teacher in teachers]).mean(0)
    by_labels = F.cross_entropy(logits, labels, label_smoothing=0.1)
    divergence = (answers * (answers.log() - F.log_softmax(logits / 3, dim=1))).sum(1).mean()
    expected = 0.3 * by_labels + 0.7 * 9 * divergence
    assert ours.learn(views, labels, views[:0], 0, 10).item() == pytest.approx(expected.item(), rel=1e-3)
    for teacher, state in zip(teachers, kept, strict=True):
        assert all(torch.equal(teacher.state_dict()[key], value) for key, value in state.items())


def test_a_network_is_taught_to_be_undecided_about_strange_pictures() -> None:
    recipe = replace(SHORT, doubt=2.0)
    ours = learner(recipe)
    views, labels = batch()
    outliers = torch.randn(3, 3, 32, 32, generator=generator(4))
    torch.manual_seed(0)
    same = copy.deepcopy(ours.model)
    with torch.no_grad(), computing(CPU):
        logits = same(views).float()
        undecided = same.eval()(outliers).float()
    uniform = torch.full((3, 69), 1 / 69)
    expected = F.cross_entropy(logits, labels, label_smoothing=0.1) + 2.0 * F.cross_entropy(undecided, uniform)
    assert ours.learn(views, labels, outliers, 0, 10).item() == pytest.approx(expected.item(), rel=1e-4)
    assert ours.model.training
    for name, kept in same.named_buffers():  # the outliers are in none of the statistics
        assert torch.equal(ours.model.get_buffer(name), kept), name


def test_strange_pictures_are_drawn_from_the_generator_alone_and_in_four_ways() -> None:
    images = torch.randint(0, 256, (8, 64, 64, 3), dtype=torch.uint8)
    first, second, other = (draw_outliers(images, 48, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert first.shape == (8, 3, 48, 48)
    assert first.isfinite().all()
    whole = draw_outliers(images, 64, generator())
    plain = normalise(images)
    jumbled = whole[2:4].flatten(2).sort().values
    assert torch.allclose(jumbled, plain[2:4].flatten(2).sort().values, atol=1e-4), "pieces are moved, none is lost"
    repeated = [
        any(torch.allclose(view[..., step:], view[..., :-step], atol=1e-4) for step in range(4, 25))
        for view in whole[:2]
    ]
    assert all(repeated)
    assert draw_outliers(images[:1], 32, generator()).shape == (1, 3, 32, 32)


# --- the whole -------------------------------------------------------------------------------------------------------


def finished(ours: Learner, pictures: tuple[Labelled, Labelled], checkpoint: Path) -> list[TrainingEvent]:
    return list(train(ours, *pictures, checkpoint))


def test_events_tell_how_far_it_is_and_it_learns(pictures: tuple[Labelled, Labelled], tmp_path: Path) -> None:
    recipe = replace(SHORT, epochs=10, memory=0.9)
    ours = learner(recipe)
    events = finished(ours, pictures, tmp_path / "c.pt")
    steps = len(pictures[0]) // 8
    assert [event.step for event in events] == sorted(event.step for event in events)
    assert events[-1].step == events[-1].total_steps == 10 * steps
    assert events[-1].fraction == 1
    assert events[-1].epoch == 10
    assert all(event.first_step == 0 for event in events)
    assert events[-1].loss < 0.7 * math.log(69)
    assert events[-1].top1 > 0.3, "chance is one of 69"


def test_ended_and_taken_up_again_gives_the_same_bits(
    pictures: tuple[Labelled, Labelled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    recipe = replace(SHORT, epochs=3)
    through = learner(recipe)
    finished(through, pictures, tmp_path / "through.pt")
    steps = len(pictures[0]) // 8
    first = learner(recipe)
    for event in train(first, *pictures, tmp_path / "ended.pt"):
        if event.step >= 2 * steps:
            break
    second = learner(recipe)
    rest = finished(second, pictures, tmp_path / "ended.pt")
    assert rest[0].first_step >= steps
    for kind in ("model", "average"):
        ended, whole = (getattr(each, kind).state_dict() for each in (second, through))
        assert all(torch.equal(ended[key], whole[key]) for key in whole)
    third = finished(learner(recipe), pictures, tmp_path / "ended.pt")
    assert third == [], "nothing is left to do"


def test_another_recipe_network_or_picture_is_another_training(pictures: tuple[Labelled, Labelled]) -> None:
    to_train, _ = pictures
    fewer = to_train.select(np.arange(len(to_train)) > 0)
    teacher = small_network("tiny_vgg")
    cases = [
        ("tiny_squeezenet", learner(), to_train),
        ("tiny_vgg", learner(), to_train),
        ("tiny_squeezenet", learner(replace(SHORT, lr=0.1)), to_train),
        ("tiny_squeezenet", learner(), fewer),
        ("tiny_squeezenet", learner(teachers=(teacher,)), to_train),
    ]
    digits = [fingerprint(*case) for case in cases]
    assert len(set(digits)) == len(cases)
    assert fingerprint("tiny_squeezenet", learner(), to_train) == digits[0]


@pytest.mark.parametrize("name", RECIPES)
def test_softened_logits_are_divided(name: str) -> None:
    model = small_network(name).eval()
    views = torch.randn(3, 3, 64, 64, generator=generator())
    with torch.no_grad():
        before = model(views)
        soften(model, 2.5)
        assert torch.allclose(model(views), before / 2.5, atol=1e-5)


# --- the commands ----------------------------------------------------------------------------------------------------

SHORTER = """
import sys
from dataclasses import replace
from core.architectures import train
from core.architectures.training import loop, recipe
loop.SAVE_SECONDS = 0.0
train.RECIPES["tiny_squeezenet"] = replace(recipe.TrainingRecipe(epochs=6, batch=8), sides=(32,), growth=(1.0,))
sys.exit(train.main(sys.argv[1:]))
"""


def command(data: Path, out: Path) -> list[str]:
    words = [
        "--family",
        "squeezenet",
        "--data",
        str(data),
        "--checkpoints",
        str(out / "checkpoints"),
        "--out",
        str(out),
    ]
    return [sys.executable, "-c", SHORTER, *words]


def test_killed_and_started_again_it_writes_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_pictures(tmp_path / "data", 40)
    through, killed = tmp_path / "through", tmp_path / "killed"
    done = subprocess.run(command(data, through), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "tiny_squeezenet" in done.stderr
    assert re.search(r"100%.*epoch 6/6, loss \d\.\d+, top-1 \d+\.\d%", done.stderr)
    assert "Written: " in done.stderr
    process = subprocess.Popen(command(data, killed), cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list(killed.glob("checkpoints/*.pt")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "tiny_squeezenet.safetensors").exists()
    subprocess.run(command(data, killed), cwd=ROOT, capture_output=True, check=True)
    files = [folder / "tiny_squeezenet.safetensors" for folder in (through, killed)]
    first, second = (load_file(file) for file in files)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    cards = [file.with_suffix(".md").read_text(encoding="utf-8") for file in files]
    assert cards[0] == cards[1]
    check_card(cards[0], files[0])
    monkeypatch.setattr("core.architectures.zoo.backbones.EMBEDDED", through)
    check_evaluation(data, cards[0], through)


def check_card(card: str, weights: Path) -> None:
    for heading in ("Data and terms", "Split", "Result", "Known failures", "Accuracy by class", "Recipe"):
        assert f"\n## {heading}\n" in card
    assert "| seed | `0` |" in card
    assert "SHA-256" in card
    with safe_open(weights, "pt") as file:
        header = file.metadata()
    assert f"| top-1 | {float(header['top1']):.1%} |" in card
    assert f"| top-5 | {float(header['top5']):.1%} |" in card


def check_evaluation(data: Path, card: str, weights: Path) -> None:
    pictures = read_folder(data)
    _, held_out = split(pictures)
    logits = logits_of(load("tiny_squeezenet", "embedded").model, held_out, CPU)
    top1 = (logits.argmax(axis=1) == held_out.labels).mean()
    assert f"| top-1, top-5 of all held-out pictures | {top1:.1%}, " in card, "the card judges what is loaded"
    row = evaluate.evaluate_network("tiny_squeezenet", pictures)
    assert row["pictures"] == len(pictures)
    assert row["top1"] >= 0.6


def test_evaluate_prints_a_table_or_json_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.architectures.loading import write_embedded

    monkeypatch.setattr("core.architectures.zoo.backbones.EMBEDDED", tmp_path)
    for name in ("tiny_vgg", "tiny_squeezenet"):
        write_embedded(small_network(name), embedded_file(BACKBONES[name]))
    data = write_pictures(tmp_path / "data", 3)
    (data / "dog" / "broken.png").write_bytes(b"?")
    assert evaluate.main(["--data", str(data), "--json"]) == 0
    printed = capsys.readouterr()
    rows = json.loads(printed.out)
    assert [row["network"] for row in rows] == ["tiny_vgg", "tiny_squeezenet"]
    assert all({"network", "top1", "top5", "pictures"} <= row.keys() for row in rows)
    assert all(0 <= row["top1"] <= row["top5"] <= 1 and row["pictures"] == 9 for row in rows)
    assert "broken.png" in printed.err
    assert evaluate.main(["--data", str(data), "--network", "tiny_vgg", "--fit", "letterbox"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["network", "top-1", "top-5", "calibration", "pictures"]
    assert line.split()[0] == "tiny_vgg"
    for words, said in (
        (["--data", str(tmp_path / "nowhere")], "no pictures"),
        (["--data", str(data), "--network", "tiny_vg"], "Did you mean tiny_vgg"),
    ):
        assert evaluate.main(words) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert said in printed.err


def test_without_any_weights_evaluate_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.architectures.zoo.backbones.EMBEDDED", tmp_path)
    data = write_pictures(tmp_path / "data", 1)
    assert evaluate.main(["--data", str(data)]) == 2
    assert "not part of this copy" in capsys.readouterr().err
