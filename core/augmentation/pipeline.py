"""A pipeline of transforms, each with its settings and its probability. Immutable."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.augmentation.transforms.records import TransformEntry
from core.augmentation.transforms.registry import TRANSFORMS
from core.errors import UserError
from core.i18n import N_

STEPS_AT_MOST = 12
FORMAT, VERSION = "convscope-augmentation", 1
BETWEEN, WITHIN = "~", "."


@dataclass(frozen=True, kw_only=True)
class Step:
    """One transform of a pipeline, applied with probability `chance`.

    `key` tells it from the others and stays when it is moved: what it draws follows from the key, so that neither its
    place nor the settings of other steps change that. `values` are those of its settings. Raises `UserError` where one
    is out of range.
    """

    transform: str
    key: int
    values: tuple[tuple[str, Any], ...] = ()
    chance: float = 1.0
    is_on: bool = True

    def __post_init__(self) -> None:
        entry = TRANSFORMS[self.transform]
        given = dict(self.values)
        complete = tuple((setting.name, given.get(setting.name, setting.default)) for setting in entry.settings)
        object.__setattr__(self, "values", complete)
        for setting, (name, value) in zip(entry.settings, complete, strict=True):
            if type(value) is not type(setting.default) or setting.read(setting.write(value)) != value:
                raise UserError(
                    N_("“{value}” is no value for “{knob}” of {transform}."),
                    N_("Choose one within its range."),
                    value=value,
                    knob=name,
                    transform=self.transform,
                )
        if not 0 <= self.chance <= 1:
            raise UserError(
                N_("“{value}” is no probability."), N_("Choose a number from 0 to 1."), value=str(self.chance)
            )

    @property
    def entry(self) -> TransformEntry:
        """Return the transform."""
        return TRANSFORMS[self.transform]

    @property
    def value(self) -> Mapping[str, Any]:
        """Return the values of the settings by their names."""
        return dict(self.values)


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Steps in their order; the methods return it changed. Raises `UserError` where there are too many."""

    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if len(self.steps) > STEPS_AT_MOST:
            raise UserError(
                N_("A pipeline has at most {most} steps."), N_("Remove one before you add another."), most=STEPS_AT_MOST
            )

    def __str__(self) -> str:
        return write(self)

    @property
    def active(self) -> tuple[Step, ...]:
        """Return the steps that are switched on."""
        return tuple(step for step in self.steps if step.is_on)

    def step(self, key: int) -> Step:
        """Return the step of that key. Raises `StopIteration` where there is none."""
        return next(step for step in self.steps if step.key == key)

    def added(self, transform: str) -> Pipeline:
        """Return it with a step more at its end."""
        key = max((step.key for step in self.steps), default=0) + 1
        return Pipeline(steps=(*self.steps, Step(transform=transform, key=key)))

    def removed(self, key: int) -> Pipeline:
        """Return it without a step."""
        return Pipeline(steps=tuple(step for step in self.steps if step.key != key))

    def moved(self, key: int, by: int) -> Pipeline:
        """Return it with a step so many places further back, or forth where negative, as far as there are places."""
        steps = list(self.steps)
        at = next(index for index, step in enumerate(steps) if step.key == key)
        step = steps.pop(at)
        steps.insert(min(len(steps), max(0, at + by)), step)
        return Pipeline(steps=tuple(steps))

    def changed(self, key: int, **changes: Any) -> Pipeline:
        """Return it with some fields of a step replaced."""
        return Pipeline(steps=tuple(replace(step, **changes) if step.key == key else step for step in self.steps))

    def changed_all(self, **changes: Any) -> Pipeline:
        """Return it with some fields of every step replaced."""
        return Pipeline(steps=tuple(replace(step, **changes) for step in self.steps))

    def turned(self, key: int, setting: str, value: Any) -> Pipeline:
        """Return it with a setting of a step at another value."""
        values = {**self.step(key).value, setting: value}
        return self.changed(key, values=tuple(values.items()))


def write(pipeline: Pipeline) -> str:
    """Return the text that stands for a pipeline in a link, such as `rotate.2.p:0,5.degrees:30~flip.1`."""
    return BETWEEN.join(_write(step) for step in pipeline.steps)


def _write(step: Step) -> str:
    parts = [step.transform, str(step.key)]
    if not step.is_on:
        parts.append("off")
    if step.chance != 1:
        parts.append(f"p:{step.chance:g}".replace(".", ","))
    for setting, (name, value) in zip(step.entry.settings, step.values, strict=True):
        if value != setting.default:
            parts.append(f"{name}:{setting.write(value)}".replace(".", ","))
    return WITHIN.join(parts)


def read(text: str) -> Pipeline:
    """Return the pipeline that a link's text stands for. Raises `UserError` where it stands for none."""
    try:
        return Pipeline(steps=tuple(_read(part) for part in text.split(BETWEEN) if part))
    except (ValueError, KeyError, StopIteration) as error:
        if isinstance(error, UserError):
            raise
        raise _no_pipeline() from error


def _read(text: str) -> Step:
    name, key, *rest = text.split(WITHIN)
    entry = TRANSFORMS[name]
    settings = {setting.name: setting for setting in entry.settings}
    chance, values = 1.0, {}
    for part in rest:
        left, mark, right = part.partition(":")
        written = right.replace(",", ".")
        if left == "p" and mark:
            chance = float(written)
        elif mark:
            values[left] = settings[left].read(written)
        elif part != "off":
            raise ValueError(part)
    if not re.fullmatch(r"\d{1,4}", key):
        raise ValueError(key)
    return Step(transform=name, key=int(key), chance=chance, is_on="off" not in rest, values=tuple(values.items()))


def _no_pipeline() -> UserError:
    return UserError(N_("This is no pipeline."), N_("Load one that was saved here, or begin with a preset."))


def to_json(pipeline: Pipeline, seed: int) -> str:
    """Return a pipeline and its seed as JSON that `from_json` reads."""
    steps = [
        {
            "transform": step.transform,
            "key": step.key,
            "probability": step.chance,
            "on": step.is_on,
            "values": dict(step.values),
        }
        for step in pipeline.steps
    ]
    return json.dumps({"format": FORMAT, "version": VERSION, "seed": seed, "steps": steps}, indent=2) + "\n"


def from_json(content: bytes) -> tuple[Pipeline, int]:
    """Return the pipeline and the seed in a file. Raises `UserError` where it holds none, or one that cannot be run."""
    try:
        found = json.loads(content)
        if found["format"] != FORMAT or found["version"] != VERSION:
            raise ValueError("another format")
        steps = tuple(_from_record(record) for record in found["steps"])
        if len({step.key for step in steps}) < len(steps):
            raise ValueError("two steps of one key")
        return Pipeline(steps=steps), int(found["seed"])
    except UserError:
        raise
    except Exception as error:  # the one boundary: anything may be in a file
        raise _no_pipeline() from error


def _from_record(record: Mapping[str, Any]) -> Step:
    entry = TRANSFORMS[str(record["transform"])]
    kinds = {setting.name: type(setting.default) for setting in entry.settings}
    values = {name: kinds[name](value) for name, value in record.get("values", {}).items()}
    return Step(
        transform=entry.name,
        key=int(record["key"]),
        chance=float(record.get("probability", 1)),
        is_on=bool(record.get("on", True)),
        values=tuple(values.items()),
    )
