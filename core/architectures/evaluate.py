"""Evaluates the embedded networks on labelled images: `python -m core.architectures.evaluate --data DIR`.

DIR holds one folder a class, or is the public archive tiny-imagenet-200. Pictures of any size are made to fit as the
app does it. With `--json` nothing but JSON goes to standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from core.architectures.loading import load
from core.architectures.training.dataset import CLASSES, Labelled, read_folder
from core.architectures.training.metrics import evaluate, logits_of
from core.architectures.zoo.backbones import BACKBONES, DEFAULT, available_weights
from core.architectures.zoo.class_names import class_names
from core.errors import UserError
from core.i18n import N_
from core.registry import unknown

COLUMNS = "{:<16} {:>7} {:>7} {:>12} {:>9}\n"


def main(words: Sequence[str] | None = None) -> int:
    """Print what each network is worth and return the exit code: 2 where there is nothing to judge, or no network."""
    arguments = _parser().parse_args(words)
    try:
        names = _networks(arguments.network)
        pictures = read_folder(arguments.data, arguments.fit)
        for reason in pictures.refused:
            sys.stderr.write(f"left out: {reason}\n")
        rows = [evaluate_network(name, pictures) for name in names]
    except UserError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(json.dumps(rows) + "\n" if arguments.json else _table(rows))
    return 0


def evaluate_network(name: str, pictures: Labelled) -> dict[str, Any]:
    """Return the top-1 and top-5 accuracy and the calibration error of an embedded network, shares in [0, 1]."""
    logits = logits_of(load(name, "embedded").model, pictures, torch.device("cpu"))
    found = evaluate(logits, pictures.labels, class_names(CLASSES))
    return {
        "network": name,
        "top1": round(found.top1, 4),
        "top5": round(found.top5, 4),
        "pictures": found.pictures,
        "calibration_error": round(found.calibration_error, 4),
    }


def _networks(wanted: str | None) -> list[str]:
    """Return the networks to judge; where none has weights, one that says so when it is loaded."""
    trained = [name for name, entry in BACKBONES.items() if "embedded" in available_weights(entry)] or [DEFAULT]
    if wanted not in (None, *trained):
        raise unknown(N_("network"), str(wanted), trained)
    return [wanted] if wanted else trained


def _table(rows: list[dict[str, Any]]) -> str:
    head = COLUMNS.format("network", "top-1", "top-5", "calibration", "pictures")
    lines = (
        COLUMNS.format(
            row["network"],
            f"{row['top1']:.1%}",
            f"{row['top5']:.1%}",
            f"{row['calibration_error']:.1%}",
            row["pictures"],
        )
        for row in rows
    )
    return head + "".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.architectures.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of labelled pictures")
    parser.add_argument("--network", metavar="NAME", help="one network, such as tiny_resnet; by default all")
    parser.add_argument("--fit", choices=("crop", "letterbox"), default="crop", help="how pictures become square")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
