"""Built networks: costs are the network's, mistakes are told where they are, the exported module runs."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.architectures.builder.blocks import KINDS
from core.architectures.builder.script import write_script
from core.architectures.builder.stack import (
    CHANNELS,
    CLASSES,
    EXAMPLE,
    SIDE,
    STEPS_AT_MOST,
    Block,
    Stack,
    build,
    moved,
    network,
    outputs_of,
    read,
)
from core.architectures.builder.training import TrainingConfig, learn
from core.errors import UserError
from core.jobs.runner import JobRunner

ALL = Stack(
    (
        Block("conv", 16, 1),
        Block("xception", 32, 2),
        Block("fire", 64),
        Block("pool", 64, 2),
        Block("inverted", 32, 1),
        Block("inception", 64),
        Block("residual", 96, 2),
    )
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_block_does_what_its_row_says(kind: str) -> None:
    for inputs, width, stride in itertools.product((16, 48), (16, 48), KINDS[kind].strides):
        stack = Stack((Block("conv", inputs), Block(kind, width, stride)))
        built = build(stack)
        if built.mistake is not None:
            assert (kind, inputs == width) == ("xception", False)
            continue
        model = network(stack).eval()
        with torch.inference_mode():
            shapes = [(CHANNELS, SIDE, SIDE)]
            x = torch.zeros(1, CHANNELS, SIDE, SIDE)
            for block in list(model.children())[:-1]:
                x = block(x)
                shapes.append(tuple(x.shape[1:]))
        assert [row.given for row in built.rows] == shapes[:-1]
        assert [row.output for row in built.rows] == shapes[1:]
        assert built.parameters == sum(parameter.numel() for parameter in model.parameters())
        assert outputs_of(stack.steps[1], inputs) == shapes[-1][0]


def test_a_link_holds_the_stack_and_nonsense_is_left_out() -> None:
    assert read(str(ALL)) == ALL
    assert read("") == Stack(())
    assert read("evil-1-1,conv-33-1,conv--1,conv-x-y,pool-16-2") == Stack((Block("conv", 32), Block("pool", 16, 2)))
    assert len(read(",".join(["conv-16-1"] * 99)).steps) == STEPS_AT_MOST
    assert read("conv-999999999999-1").steps[0].width == 256


@pytest.mark.parametrize(
    ("text", "index", "said"),
    [
        ("conv-16-1,xception-32-1", 1, "16 channels come in and 32 go out"),
        ("inception-32-2", 0, "keeps the size of the maps"),
        ("conv-16-1,fire-32-2", 1, "keeps the size of the maps"),
        ("conv-16-1,fire-8-1,conv-16-1", 1, "which leaves 1 of 8 channels"),
        (",".join(["pool-8-2"] * 7), 5, "Nothing is left of the maps here: ⌊(1 + 2·0 − 1·(2 − 1) − 1)/2⌋ + 1 = 0"),
    ],
)
def test_mistakes_are_told_where_they_are(text: str, index: int, said: str) -> None:
    built = build(read(text))
    assert len(built.rows) == index
    assert built.mistake is not None
    assert said in str(built.mistake)
    assert built.mistake.remedy


def test_nothing_built_is_a_linear_layer_on_the_mean() -> None:
    built = build(Stack(()))
    assert (built.rows, built.parameters, built.mistake) == ((), CHANNELS * CLASSES + CLASSES, None)


def test_steps_move_within_the_stack() -> None:
    steps = EXAMPLE.steps
    assert moved(steps, 0, 1)[:2] == (steps[1], steps[0])
    assert moved(steps, 0, -1) == moved(steps, len(steps) - 1, 1) == steps


@pytest.mark.parametrize("stack", [ALL, EXAMPLE, Stack(())], ids=["all blocks", "example", "nothing"])
def test_the_exported_module_runs_and_is_the_same_network(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    path.write_text(write_script(stack), encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{build(stack).parameters} parameters", f"(1, {CLASSES})"]
    names: dict[str, object] = {"__name__": "exported"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    theirs = names["Network"]().eval()  # type: ignore[operator]
    torch.manual_seed(0)
    ours = network(stack).eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    batch = torch.randn(2, CHANNELS, SIDE, SIDE)
    with torch.inference_mode():
        torch.testing.assert_close(theirs(batch), ours(batch))


def test_training_learns_and_repeats_itself() -> None:
    config = TrainingConfig(stack="conv-16-2,residual-32-2", epochs=3)
    events = list(learn(config))
    assert events[-1].step == events[-1].total_steps
    assert events[-1].epoch == 3
    judged = [event.accuracy for event in events if event.accuracy == event.accuracy]
    assert len(judged) == 3
    assert judged[-1] > 0.5 > 1 / CLASSES
    again = [event.accuracy for event in learn(config) if event.accuracy == event.accuracy]
    assert again == judged


def test_training_is_a_job_and_says_what_cannot_be_trained() -> None:
    runner = JobRunner(slots=1, lease_seconds=60)
    job = runner.submit("somebody", learn, TrainingConfig(stack="conv-8-2", epochs=1))
    assert job.wait(60)
    assert job.state == "done"
    runner.close()
    with pytest.raises(UserError, match="keeps the size"):
        next(learn(TrainingConfig(stack="inception-32-2")))
    large = ",".join(["conv-256-1"] * 12)
    with pytest.raises(UserError, match="too many to train"):
        next(learn(TrainingConfig(stack=large)))
