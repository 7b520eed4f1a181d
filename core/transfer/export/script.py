"""The training of a finished model as a program of its own, which needs torch and torchvision alone.

It does what `core.transfer` does, in the same order and from the same seed: a test runs it and compares. Its cells are
those of the notebook.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.architectures.zoo import tiny
from core.transfer.export.script_templates import AS_SMALL, BEGINNING, BUILD, END, HEAD, SOLVERS, TRAINING
from core.transfer.training.strategies import INVERSE_STRENGTH, STRATEGIES, recipe_for

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.transfer.export.final_model import FinishedModel

PROGRAM_FILE, PICTURES = "train.py", "pictures"
START = "start.pt"
"""The weights of an embedded network, which nobody publishes; they come along with the program."""
SHORT = 100  # characters of what stays in one line
IMPORTS = {"timm": "import timm\n", "torchvision": "from torchvision import models\n", "convscope": ""}
OWN_IMPORTS = "from collections import OrderedDict\nfrom itertools import pairwise\n"


def program(model: FinishedModel, backbone: Backbone) -> str:
    """Return the program that repeats the training of a finished model; `backbone` is what it was made from."""
    from core.transfer.training.transfer_network import feature_layer

    plan, strategy = model.plan, STRATEGIES[model.plan.strategy]
    layer, channels = feature_layer(backbone, plan.stage if strategy.takes_features else "")
    weights = backbone.weights if strategy.takes_over else "untrained"
    seen = backbone.preprocessing
    values: dict[str, Any] = {
        "purpose": f"Learns to tell {len(model.classes)} classes apart: {strategy.title.lower()}",
        "needs": "torch, torchvision and timm" if backbone.entry.source == "timm" else "torch and torchvision",
        "file_name": PROGRAM_FILE,
        "pictures": PICTURES,
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
        "channels": channels,
        "seed": model.setup.seed,
        "title": backbone.entry.title,
        "definitions": _definitions(backbone, weights, backbone.seed if strategy.takes_over else model.setup.seed),
        "moved": "" if layer.channel_axis == 1 else f".movedim({layer.channel_axis}, 1)",
    }
    parts = [BEGINNING.format(**values)]
    if strategy.takes_over:  # fine-tuning begins with a probe's head
        kind, scale = (strategy.name, "") if strategy.takes_features else ("probe", AS_SMALL)
        heading = {"probe": "The head: logistic regression", "svm": "The head: a linear support vector machine"}[kind]
        solve = SOLVERS[kind].format(strength=INVERSE_STRENGTH[kind]).rstrip()
        parts.append(HEAD.format(heading=heading, solve=solve, scale=scale))
    if not strategy.takes_features:
        parts.append(_training(model, backbone))
    return "".join([*parts, END])


def _training(model: FinishedModel, backbone: Backbone) -> str:
    from core.transfer.training.fine_tuning import WARM_UP

    strategy = STRATEGIES[model.plan.strategy]
    recipe = asdict(recipe_for(sum(model.counts), from_scratch=not strategy.takes_over))
    stages = beginnings(backbone)
    names = list(stages)
    first = names.index(model.plan.stage) if model.plan.stage else 0
    heading = "Training: the last stages" if first else "Training: all stages"
    return TRAINING.format(
        heading=heading,
        stages=_laid_out(stages),
        trained=_laid_out(names[first:]),
        warm_up=WARM_UP,
        **recipe,
    )


def beginnings(backbone: Backbone) -> dict[str, list[str]]:
    """Return for each stage but the head the shortest beginnings of module names that no other stage shares."""
    from core.transfer.training.transfer_network import stage_modules

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


def _laid_out(content: Any) -> str:
    """Return lists and dictionaries of strings as Python, in one line where there is room."""
    short = repr(content)
    return short if len(short) <= SHORT else json.dumps(content, indent=4, ensure_ascii=False)
