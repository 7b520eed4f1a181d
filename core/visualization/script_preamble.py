"""The beginning that all downloadable programs share: the same picture through the same backbone, with core alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

TEMPLATE = '''\
"""{purpose}.

Run it in the folder of ConvScope: .venv/bin/python {file_name}
"""

{imports}

{picture}{fetch}backbone = load({backbone!r}, weights={weights!r}, seed={seed})
'''
FETCH = """\
for event in fetch(weights_file(BACKBONES[{backbone!r}])):
    pass  # downloads the weights at first use
"""
BATCH = """\
batch = torch.from_numpy(to_array(fit_to_input(picture, backbone.preprocessing, {fit!r}).image, backbone.preprocessing))
"""
OF_BATCH = ("import torch", "from core.images.preprocessing import fit_to_input, to_array")


@dataclass(frozen=True, kw_only=True)
class ProgramStart:
    """The picture and the backbone of a program.

    `sample` is a sample picture's name, or None for an uploaded picture whose file is called `file_name`; both are None
    where the program needs no picture. `fit` is how it is made square, `seed` what untrained weights are drawn with.
    """

    sample: str | None
    file_name: str | None
    backbone: str
    weights: str
    seed: int
    fit: str


def program(start: ProgramStart, purpose: str, file_name: str, imports: Iterable[str], body: str) -> str:
    """Return a program that defines `picture` and `backbone` and goes on with `body`.

    `purpose` is the first sentence of its docstring, in English, without its full stop; `imports` are the lines that
    `body` needs; those that are equal, or of one module, are put together.
    """
    text = TEMPLATE.format(
        purpose=purpose,
        file_name=file_name,
        imports=_sorted([*imports, *_own_imports(start)]),
        picture=_picture(start),
        fetch=FETCH.format(backbone=start.backbone) if start.weights == "imagenet" else "",
        backbone=start.backbone,
        weights=start.weights,
        seed=start.seed,
    )
    return text + body


def preamble(start: ProgramStart, purpose: str, file_name: str, imports: Iterable[str] = (), body: str = "") -> str:
    """Return such a program that has the preprocessed picture too: `batch`, a tensor (1, 3, height, width)."""
    return program(start, purpose, file_name, [*imports, *OF_BATCH], BATCH.format(fit=start.fit) + body)


def _own_imports(start: ProgramStart) -> list[str]:
    names = [
        "from core.datasets.sample_images import sample" if start.sample else "from core.images.picture import decode"
    ]
    if start.sample is None and start.file_name is None:
        names = []
    if start.weights == "imagenet":
        return [
            *names,
            "from core.architectures.zoo.backbones import BACKBONES",
            "from core.architectures.loading import load, weights_file",
            "from core.downloads.store import fetch",
        ]
    return [*names, "from core.architectures.loading import load"]


def _sorted(lines: Iterable[str]) -> str:
    """Return import lines in the order that isort gives them: modules, a blank line, names of core."""
    whole = sorted({line for line in lines if line.startswith("import ")})
    named: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, names = line.removeprefix("from ").partition(" import ")
            named.setdefault(module, set()).update(name.strip() for name in names.split(","))
    partial = [f"from {module} import {', '.join(sorted(named[module], key=_rank))}" for module in sorted(named)]
    return "\n".join([*whole, *([""] if whole and partial else []), *partial])


def _rank(name: str) -> tuple[int, str]:
    """Return where isort puts a name: CONSTANTS, Classes, functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _picture(start: ProgramStart) -> str:
    if start.sample:
        return f"picture = sample({start.sample!r})\n"
    if start.file_name is None:
        return ""
    return f'picture = decode(open({start.file_name!r}, "rb").read(), {start.file_name!r})\n'
