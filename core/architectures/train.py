"""Trains the embedded networks: `python -m core.architectures.train --family resnet --data DIR`, or `--all`.

Needs nothing but a folder of labelled pictures: one folder a class, or the public archive tiny-imagenet-200. Killed
and started again with the same words, it goes on where it was. Writes the weights and a model card beside them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from core.architectures.loading import load
from core.architectures.training.dataset import Labelled, read_folder, split
from core.architectures.training.export import export_network
from core.architectures.training.learner import Learner
from core.architectures.training.loop import fingerprint, train
from core.architectures.training.recipe import RECIPES
from core.architectures.zoo import tiny
from core.architectures.zoo.backbones import BACKBONES, EMBEDDED, embedded_file
from core.architectures.zoo.initialisation import Seeded
from core.errors import UserError

CHECKPOINTS = Path(".cache") / "training"


def main(words: Sequence[str] | None = None) -> int:
    """Train what was asked for and return the exit code: 2 where there is nothing to train on."""
    arguments = _parser().parse_args(words)
    device = torch.device(arguments.device)
    try:
        pictures, held_out = split(read_folder(arguments.data))
        for name in RECIPES if arguments.all else [f"tiny_{arguments.family}"]:
            train_network(name, pictures, held_out, device, arguments.checkpoints, arguments.out)
    except UserError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


def train_network(
    name: str, pictures: Labelled, held_out: Labelled, device: torch.device, checkpoints: Path, out: Path
) -> None:
    """Train one network with its recipe, show a progress bar, and write its weights and its card."""
    recipe = RECIPES[name]
    with Seeded(recipe.seed):
        model = getattr(tiny, name)()
    teachers = tuple(load(teacher, "embedded").model.to(device) for teacher in recipe.teachers)
    learner = Learner(model, recipe, device, teachers)
    checkpoint = checkpoints / f"{name}-{fingerprint(name, learner, pictures)}.pt"
    with tqdm(desc=name, unit="step", file=sys.stderr) as bar:
        for event in train(learner, pictures, held_out, checkpoint):
            if bar.total is None:  # the time left is told from the steps of this run
                bar.reset(event.total_steps)
                bar.n = bar.initial = bar.last_print_n = event.first_step
            bar.set_postfix_str(
                f"epoch {event.epoch}/{event.epochs}, loss {event.loss:.3f}, top-1 {event.top1:.1%}", refresh=False
            )
            bar.update(event.step - bar.n)
    path = out / embedded_file(BACKBONES[name]).name
    export_network(name, learner.average, recipe, pictures, held_out, path)
    sys.stderr.write(f"Written: {path} and, beside it, its model card\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.architectures.train", description=__doc__)
    families = [name.removeprefix("tiny_") for name in RECIPES]
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--family", choices=families, help="the network to train")
    which.add_argument("--all", action="store_true", help="train all of them, teachers first")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of labelled pictures")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, metavar="DIR", help=f"default: {CHECKPOINTS}")
    parser.add_argument("--out", type=Path, default=EMBEDDED, metavar="DIR", help="default: where the app looks")
    best = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=best, help=f"cpu or cuda; here by default {best}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
