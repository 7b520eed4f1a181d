"""Make the atlas of an embedded network, or of all: `python -m core.visualization.atlas --all`.

Killed and started again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from core.architectures.loading import load
from core.architectures.zoo.backbones import BACKBONES, available_weights
from core.compute import prepare
from core.visualization.atlas.build import draw, pack
from core.visualization.atlas.table import ATLAS

WORK = Path(".cache") / "atlas"
MEGABYTES = 1.65  # of one network: six are to fit into ten; Xception, with twice the channels, was given 2.1


def main(words: Sequence[str] | None = None) -> int:
    """Make what was asked for, show a progress bar, and return the exit code."""
    arguments = _parser().parse_args(words)
    for name in _embedded() if arguments.all else [arguments.network]:
        _make_network(name, arguments.out / name, arguments.work, arguments.megabytes)
    return 0


def _make_network(name: str, out: Path, work: Path, megabytes: float) -> None:
    prepare()
    backbone = load(name, "embedded")
    with tqdm(desc=name, unit="picture", file=sys.stderr) as bar:
        for event in draw(backbone, work):
            bar.total = event.total_steps
            bar.set_postfix_str(event.layer or "classes", refresh=False)
            bar.update(event.step - bar.n)
    size = pack(backbone, work, out, int(megabytes * 1e6))
    sys.stderr.write(f"Written: {out}, {size / 1e6:.2f} MB\n")


def _embedded() -> list[str]:
    return [name for name, entry in BACKBONES.items() if "embedded" in available_weights(entry)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.visualization.atlas", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--network", choices=_embedded(), help="the embedded network to make it of")
    which.add_argument("--all", action="store_true", help="make it of all embedded networks")
    parser.add_argument("--out", type=Path, default=ATLAS, metavar="DIR", help="default: where the app looks")
    parser.add_argument("--work", type=Path, default=WORK, metavar="DIR", help=f"unfinished work; default: {WORK}")
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, help=f"of one network; default: {MEGABYTES}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
