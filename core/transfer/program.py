"""The training of a finished model as a program of its own, which needs torch and torchvision alone.

It does what `core.transfer` does, in the same order and from the same seed: a test runs it and compares. Its cells are
those of the notebook.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.architectures import tiny
from core.transfer.strategies import INVERSE_STRENGTH, STRATEGIES, recipe_for

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.transfer.finishing import FinishedModel

START = "start.pt"
"""The weights of an embedded network, which nobody publishes; they come along with the program."""
CELL = "# %%"
SHORT = 100  # characters of what stays in one line
IMPORTS = {"timm": "import timm\n", "torchvision": "from torchvision import models\n", "convscope": ""}
OWN_IMPORTS = "from collections import OrderedDict\nfrom itertools import pairwise\n"

BEGINNING = '''\
"""{purpose}.

Made with ConvScope; needs {needs} alone. The pictures lie in one folder for each class:

    python {file_name} {pictures}
"""

# %% What is needed, and the choices
import math
import sys
{own_imports}from pathlib import Path

import torch
from PIL import Image
from torch import {names}
from torch.nn import functional as F
{imports}from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.transforms import functional as pictures_to

PICTURES = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "{pictures}")
CLASSES = {classes}
SIDE, RESIZE = {side}, {resize}  # pixels
INTERPOLATION = pictures_to.InterpolationMode("{interpolation}")
MEAN, STD = torch.tensor({mean}), torch.tensor({std})
LAYER, CHANNELS = {layer!r}, {channels}  # the features are each channel's mean after this layer
SEED = {seed}

# %% The pictures: as the network receives them, in the order of their files' names
def read(path):
    image = Image.open(path).convert("RGB")
    if image.size != (SIDE, SIDE):
        image = pictures_to.center_crop(pictures_to.resize(image, RESIZE, INTERPOLATION), SIDE)
    return pictures_to.pil_to_tensor(image)


folders = sorted(path for path in PICTURES.iterdir() if path.is_dir())
assert len(folders) == len(CLASSES), f"{{len(folders)}} folders for {{len(CLASSES)}} classes"
files = sorted((path.name, label, path) for label, folder in enumerate(folders) for path in folder.iterdir())
images = torch.stack([read(path) for _name, _label, path in files]).float()
inputs = (images - 255 * MEAN[:, None, None]) / (255 * STD[:, None, None])
labels = torch.tensor([label for _name, label, _path in files])
print(len(files), "pictures of", len(CLASSES), "classes")

# %% The network: the trunk of {title}, and a new head
{definitions}class Network(nn.Module):
    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            backbone = build()
        self.trunk = create_feature_extractor(backbone.eval(), {{LAYER: "features"}})
        torch.manual_seed(SEED)
        self.linear = nn.Linear(CHANNELS, len(CLASSES))

    def features(self, batch):
        output = self.trunk(batch)["features"]
        return output if output.dim() == 2 else output{moved}.flatten(2).mean(2)

    def forward(self, batch):
        return self.linear(self.features(batch))


network = Network().eval()
for parameter in network.trunk.parameters():
    parameter.requires_grad_(False)
'''
BUILD = {
    "embedded": """\
def build():
    backbone = {builder}({classes_before})
    beside = Path(__file__).parent if "__file__" in globals() else Path()
    backbone.load_state_dict(torch.load(beside / "{start}"))
    return backbone


""",
    "untrained": """\
def build():
    torch.manual_seed({drawn_with})
    return {call}


""",
    "imagenet": """\
def build():
    return {call}


""",
}
HEAD = '''
# %% {heading}

def minimised(objective, *start):
    """Minimise a smooth convex function of tensors."""
    found = [tensor.clone().requires_grad_() for tensor in start]
    optimizer = torch.optim.LBFGS(
        found, max_iter=2000, tolerance_grad=1e-9, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        value = objective(*found)
        value.backward()
        return value

    optimizer.step(closure)
    return [tensor.detach() for tensor in found]


with torch.no_grad():
    values = torch.cat([network.features(batch) for batch in inputs.split(32)]).double()
mean, deviation = values.mean(0), values.std(0, unbiased=False)
deviation[deviation == 0] = 1
values = (values - mean) / deviation
{solve}
with torch.no_grad():  # mean and deviation go into the head, so that the network needs neither
    weight = weight / deviation
    network.linear.weight.copy_(weight)
    network.linear.bias.copy_(bias - weight @ mean)
'''
SOLVERS = {
    "probe": """\
C = {strength}  # scikit-learn's LogisticRegression(C={strength})
share = 1 if len(CLASSES) == 2 else 0.5  # of two classes scikit-learn weighs one only
weight, bias = minimised(
    lambda w, b: C * F.cross_entropy(values @ w.T + b, labels, reduction="sum") + share * (w * w).sum(),
    torch.zeros(len(CLASSES), CHANNELS, dtype=torch.float64),
    torch.zeros(len(CLASSES), dtype=torch.float64),
)
bias = bias - bias.mean()
""",
    "svm": """\
C = {strength}  # scikit-learn's LinearSVC(C={strength}): squared hinge, one class against the rest
signs = 2.0 * F.one_hot(labels, len(CLASSES)).double() - 1
weight, bias = minimised(
    lambda w, b: C * F.relu(1 - signs * (values @ w.T + b)).square().sum() + 0.5 * ((w * w).sum() + (b * b).sum()),
    torch.zeros(len(CLASSES), CHANNELS, dtype=torch.float64),
    torch.zeros(len(CLASSES), dtype=torch.float64),
)
if len(CLASSES) == 2:
    weight, bias = weight / 2, bias / 2
""",
}
TRAINING = '''
# %% {heading}
STAGES = {stages}
"""Each stage with the beginnings of its modules' names; the network passes them in this order."""
TRAINED = {trained}
EPOCHS, BATCH = {epochs}, {batch}
RATE = {rate}  # of the head
TRUNK_RATE, DECAY = {trunk_rate}, {decay}  # of the last stage; times so much with each stage before
WEIGHT_DECAY, SHIFT, WARM_UP = {weight_decay}, {shift}, {warm_up}
LEARNS_STATISTICS = {statistics}  # of batch normalisation


def belongs(name, stage):
    return any(name == start or name.startswith(start + ".") for start in STAGES[stage])


def parameters_of(stage):
    return [tensor for name, tensor in network.trunk.named_parameters() if belongs(name.rpartition(".")[0], stage)]


groups, rate = [{{"params": network.linear.parameters(), "lr": RATE}}], TRUNK_RATE
for stage in reversed(STAGES):
    if stage in TRAINED:
        for parameter in parameters_of(stage):
            parameter.requires_grad_(True)
        groups.append({{"params": parameters_of(stage), "lr": rate}})
    rate *= DECAY
learning = [
    module
    for name, module in network.trunk.named_modules()
    if isinstance(module, nn.BatchNorm2d) and any(belongs(name, stage) for stage in TRAINED)
]


def moved(batch, random):
    """Move each picture at random by a few pixels; edges are reflected."""
    far = round(SHIFT * SIDE)
    padded = F.pad(batch, (far, far, far, far), mode="reflect")
    moves = torch.randint(0, 2 * far + 1, (len(batch), 2), generator=random).tolist()
    return torch.stack([one[:, y : y + SIDE, x : x + SIDE] for one, (y, x) in zip(padded, moves)])


def share_of_rate(step):
    """Rise, then follow a cosine to zero."""
    rise = max(1, round(WARM_UP * total))
    return (step + 1) / rise if step < rise else 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))


random = torch.Generator().manual_seed(SEED)
steps = max(1, len(inputs) // BATCH)
total = steps * EPOCHS
optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_rate)
for epoch in range(EPOCHS):
    for module in learning:
        module.train(LEARNS_STATISTICS)
    order = torch.randperm(len(inputs), generator=random)
    losses = []
    for step in range(steps):
        chosen = order[step * BATCH :][:BATCH]
        loss = F.cross_entropy(network(moved(inputs[chosen], random)), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    print(f"epoch {{epoch + 1}} of {{EPOCHS}}: loss {{sum(losses) / len(losses):.4f}}")
'''
END = """
# %% The result
network.eval()
with torch.inference_mode():
    answers = torch.cat([network(batch).argmax(1) for batch in inputs.split(32)])
right = (answers == labels).double().mean().item()
print(f"{right:.1%} of the pictures that it has learned from; held-out accuracy is lower")
torch.save(network.state_dict(), "trained.pt")
"""


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook: its heading, and its code."""

    heading: str
    code: str


def program(model: FinishedModel, backbone: Backbone, file_name: str = "train.py", pictures: str = "pictures") -> str:
    """Return the program that repeats the training of a finished model; `backbone` is what it was made from."""
    from core.architectures.features import stage_ends

    plan, strategy = model.plan, STRATEGIES[model.plan.strategy]
    ends = stage_ends(backbone)
    stage = plan.stage if strategy.takes_features else list(ends)[-1]
    layer = next(one for one in backbone.graph.layers if one.name == ends[stage])
    weights = backbone.weights if strategy.takes_over else "untrained"
    seen = backbone.preprocessing
    values: dict[str, Any] = {
        "purpose": f"Learns to tell {len(model.classes)} classes apart: {strategy.title.lower()}",
        "needs": "torch, torchvision and timm" if backbone.entry.source == "timm" else "torch and torchvision",
        "file_name": file_name,
        "pictures": pictures,
        "imports": IMPORTS[backbone.entry.source],
        "own_imports": OWN_IMPORTS if backbone.entry.source == "convscope" else "",
        "names": "Tensor, nn" if backbone.entry.source == "convscope" else "nn",
        "interpolation": seen.interpolation,
        "classes": _laid_out(list(model.classes)),
        "side": seen.crop,
        "resize": seen.resize,
        "mean": tuple(seen.mean),
        "std": tuple(seen.std),
        "layer": layer.name,
        "channels": _channels(backbone, layer.name),
        "seed": model.setup.seed,
        "title": backbone.entry.title,
        "definitions": _definitions(backbone, weights, backbone.seed if strategy.takes_over else model.setup.seed),
        "moved": "" if layer.channel_axis == 1 else f".movedim({layer.channel_axis}, 1)",
    }
    parts = [BEGINNING.format(**values)]
    if strategy.takes_over:
        kind = strategy.name if strategy.takes_features else "probe"
        heading = {"probe": "The head: logistic regression", "svm": "The head: a linear support vector machine"}[kind]
        solve = SOLVERS[kind].format(strength=INVERSE_STRENGTH[kind]).rstrip()
        parts.append(HEAD.format(heading=heading, solve=solve))
    if not strategy.takes_features:
        parts.append(_training(model, backbone))
    return "".join([*parts, END])


def _training(model: FinishedModel, backbone: Backbone) -> str:
    from core.transfer.fitting import WARM_UP

    strategy = STRATEGIES[model.plan.strategy]
    recipe = asdict(recipe_for(sum(model.counts), from_scratch=not strategy.takes_over))
    stages = beginnings(backbone)
    names = list(stages)
    first = names.index(model.plan.stage) if model.plan.stage else 0
    heading = "Training: the last stages" if first else "Training: all stages"
    recipe["statistics"] = bool(recipe["statistics"])
    return TRAINING.format(
        heading=heading,
        stages=_laid_out(stages),
        trained=_laid_out(names[first:]),
        warm_up=WARM_UP,
        **recipe,
    )


def beginnings(backbone: Backbone) -> dict[str, list[str]]:
    """Return for each stage but the head the shortest beginnings of module names that no other stage shares."""
    from core.transfer.trunk import stage_modules

    modules = stage_modules(backbone)
    whole = {name for name, module in backbone.model.named_modules() if [*module.parameters(recurse=False)]}
    found: dict[str, list[str]] = {}
    for stage, names in modules.items():
        others = whole - set(names)
        found[stage] = []
        for name in names:
            parts = name.split(".")
            starts = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
            start = next(one for one in starts if not any(f"{other}.".startswith(f"{one}.") for other in others))
            if start not in found[stage]:
                found[stage].append(start)
    return found


def _definitions(backbone: Backbone, weights: str, drawn_with: int) -> str:
    """Return what builds the backbone; the source of an embedded one, which no library has, with it.

    `drawn_with` is the seed of untrained weights.
    """
    entry = backbone.entry
    if entry.source == "convscope":
        classes = len(backbone.class_names)
        build = BUILD[weights].format(
            builder=entry.builder,
            classes_before=classes,
            start=START,
            call=f"{entry.builder}({classes})",
            drawn_with=drawn_with,
        )
        return "\n\n".join([*_sources(entry.builder), build])
    is_published = weights == "imagenet"
    if entry.source == "timm":
        name = f"{entry.builder}.{entry.imagenet}" if is_published else entry.builder
        call = f"timm.create_model({name!r}, pretrained={is_published})"
    else:  # with weights, torchvision sets the options of networks with auxiliary classifiers itself
        options = ", aux_logits=False, transform_input=True, init_weights=True" if entry.auxiliary else ""
        weights_set = repr(entry.imagenet) if is_published else f"None{options}"
        call = f"models.get_model({entry.builder!r}, weights={weights_set})"
    return BUILD[weights].format(call=call, drawn_with=drawn_with)


def _sources(builder: str) -> Iterator[str]:
    """Return the source of a function or class of the tiny networks, after all that it uses from there."""
    wanted, seen = [builder], set()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            source = inspect.getsource(getattr(tiny, name))
            wanted += [other for other in _own(tiny) if re.search(rf"\b{other}\b", source)]
    for name in _own(tiny):
        if name in seen:
            source = re.sub(r" *# type: ignore.*", "", inspect.getsource(getattr(tiny, name)))
            yield source.replace("= CLASSES)", f"= {tiny.CLASSES})")


def _own(module: Any) -> list[str]:
    """Return the names of the functions and classes that a module defines, in its order."""
    return [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]


def _channels(backbone: Backbone, layer: str) -> int:
    from core.architectures.costs import blueprint

    return blueprint(backbone.entry).costs(backbone.preprocessing.crop).of(layer).maps[0]


def _laid_out(content: Any) -> str:
    """Return lists and dictionaries of strings as Python, in one line where there is room."""
    short = repr(content)
    return short if len(short) <= SHORT else json.dumps(content, indent=4, ensure_ascii=False)


def cells(text: str) -> list[Cell]:
    """Return the cells of a program: what stands before the first marker comes without a heading."""
    found = []
    for place, part in enumerate(re.split(rf"^{CELL} ?", text, flags=re.MULTILINE)):
        heading, _, code = part.partition("\n") if place else ("", "", part)
        found.append(Cell(heading.strip(), code.strip("\n")))
    return found


def notebook(text: str) -> bytes:
    """Return a program as a Jupyter notebook (nbformat 4.5), a heading and a cell of code for each of its cells."""
    written: list[dict[str, Any]] = []
    for place, cell in enumerate(cells(text)):
        if cell.heading:
            said = {"cell_type": "markdown", "source": f"## {cell.heading}"}
            written.append({**said, "id": f"said-{place}", "metadata": {}})
            code: dict[str, Any] = {"execution_count": None, "outputs": [], "source": cell.code}
            written.append({"cell_type": "code", "id": f"done-{place}", "metadata": {}, **code})
        else:
            beginning = cell.code.strip('"').strip()
            written.append({"cell_type": "markdown", "id": "beginning", "metadata": {}, "source": beginning})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False).encode()
