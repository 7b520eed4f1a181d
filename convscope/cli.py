"""The command `convscope` and its sub-commands, each of which imports what it needs and no more."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module

from convscope import __version__
from convscope.layout import make_importable

HANDED_ON = {
    "train": ("core.architectures.train", "train the embedded networks"),
    "evaluate": ("core.architectures.evaluate", "evaluate them on labelled images"),
    "atlas": ("core.visualization.atlas.__main__", "build the atlas of an embedded network"),
}
"""By sub-command: the module whose `main` gets the words that follow, and what it does."""


def main(words: Sequence[str] | None = None) -> int:
    """Run a sub-command and return its exit code."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(words)
    run: Callable[[argparse.Namespace, Sequence[str]], int] | None = getattr(arguments, "run", None)
    if run is None:
        parser.print_help()
        return 0
    if rest and arguments.command not in HANDED_ON:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return run(arguments, rest)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="convscope", description="A classroom lab for convolutional networks.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser("serve", help="start the app and print its address")
    serve.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other computers in (default %(default)s)")
    serve.add_argument("--port", default="8501", help="default %(default)s")
    serve.set_defaults(run=_serve)
    for name, (_module, summary) in HANDED_ON.items():
        commands.add_parser(name, help=summary, add_help=False).set_defaults(run=_hand_on)
    return parser


def _serve(arguments: argparse.Namespace, _rest: Sequence[str]) -> int:
    from convscope.serve import serve

    return serve(arguments.host, arguments.port)


def _hand_on(arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    make_importable()
    code: int = import_module(HANDED_ON[arguments.command][0]).main(rest)
    return code
