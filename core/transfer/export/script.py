"""The training of a finished model as a program of its own, which needs torch and torchvision alone.

It does what `core.transfer` does, in the same order and from the same seed: a test runs it and compares. Its cells are
those of the notebook.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.architectures.zoo import tiny
from core.scripts import render_script
from core.transfer.training.strategies import INVERSE_STRENGTH, STRATEGIES, recipe_for

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.transfer.export.final_model import FinishedModel

PROGRAM_FILE, PICTURES = "train.py", "pictures"
START = "start.pt"
"""The weights of an embedded network, which nobody publishes; they come along with the program."""


def write_script(model: FinishedModel, backbone: Backbone) -> str:
    """Return the program that repeats the training of a finished model; `backbone` is what it was made from."""
    from core.transfer.training.transfer_network import feature_layer

    plan, strategy = model.plan, STRATEGIES[model.plan.strategy]
    layer, channels = feature_layer(backbone, plan.stage if strategy.takes_features else "")
    # Fine-tuning begins with a probe's head; from scratch there is nothing to solve it for.
    head = (strategy.name if strategy.takes_features else "probe") if strategy.takes_over else ""
    return render_script(
        "fine_tuned_network",
        file_name=PROGRAM_FILE,
        pictures=PICTURES,
        strategy=strategy.title.lower(),
        classes=list(model.classes),
        entry=backbone.entry,
        preprocessing=backbone.preprocessing,
        layer=layer.name,
        channels=channels,
        axis=layer.channel_axis,
        seed=model.setup.seed,
        head=head,
        inverse_strength=INVERSE_STRENGTH.get(head),
        fine_tuning=None if strategy.takes_features else _fine_tuning(model, backbone),
        **_network(model, backbone),
    )


def _network(model: FinishedModel, backbone: Backbone) -> dict[str, Any]:
    """Return what builds the backbone; the source of an embedded one, which no library has, with it."""
    entry, takes_over = backbone.entry, STRATEGIES[model.plan.strategy].takes_over
    weights = backbone.weights if takes_over else "untrained"
    is_published = weights == "imagenet"
    if entry.source == "convscope":
        call = f"{entry.builder}({len(backbone.class_names)})"
    elif entry.source == "timm":
        name = f"{entry.builder}.{entry.imagenet}" if is_published else entry.builder
        call = f"timm.create_model({name!r}, pretrained={is_published})"
    else:  # with weights, torchvision sets the options of networks with auxiliary classifiers itself
        options = ", aux_logits=False, transform_input=True, init_weights=True" if entry.auxiliary else ""
        weights_set = repr(entry.imagenet) if is_published else f"None{options}"
        call = f"models.get_model({entry.builder!r}, weights={weights_set})"
    return {
        "weights": weights,
        "definitions": [source.rstrip() for source in _sources(entry.builder)] if entry.source == "convscope" else [],
        "classes_before": len(backbone.class_names),
        "call": call,
        "drawn_with": backbone.seed if takes_over else model.setup.seed,
    }


def _fine_tuning(model: FinishedModel, backbone: Backbone) -> dict[str, Any]:
    """Return what is trained, how long and at which rates."""
    from core.transfer.training.fine_tuning import WARM_UP

    stages = beginnings(backbone)
    names = list(stages)
    return {
        "stages": stages,
        "trained": names[names.index(model.plan.stage) if model.plan.stage else 0 :],
        "warm_up": WARM_UP,
        "recipe": recipe_for(sum(model.counts), from_scratch=not STRATEGIES[model.plan.strategy].takes_over),
    }


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
            start = next(start for start in starts if not any(f"{other}.".startswith(f"{start}.") for other in others))
            if start not in found[stage]:
                found[stage].append(start)
    return found


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
