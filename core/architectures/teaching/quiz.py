"""Quiz questions computed from a network's real numbers, each with its answer and the calculation."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.architectures.costs.costs import Costs
from core.architectures.costs.datasheets import datasheets
from core.architectures.zoo.backbones import BACKBONES
from core.architectures.zoo.records import BackboneEntry
from core.i18n import N_, grouped

CHOICES = 4
ROUND = 5  # questions


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with a few answers, of which the one at the place `right` is true.

    `text` and `why` are marked for translation and speak of `values`; so are `options` where `are_words`.
    """

    name: str
    text: str
    options: tuple[str, ...]
    right: int
    why: str
    values: Mapping[str, str] = field(default_factory=dict)
    are_words: bool = False


@dataclass(frozen=True, eq=False)
class Subject:
    """What questions are about: a backbone with its costs at its own input size."""

    entry: BackboneEntry
    costs: Costs


Maker = Callable[[Subject, random.Random], Question | None]


def questions(subject: Subject, seed: int) -> tuple[Question, ...]:
    """Return a round of questions; the same seed gives the same ones, in the same order."""
    chance = random.Random(f"{subject.entry.name} {seed}")
    makers = list(MAKERS)
    chance.shuffle(makers)
    found = (make(subject, chance) for make in makers)
    return tuple(question for question in found if question is not None)[:ROUND]


def _most_parameters(subject: Subject, _chance: random.Random) -> Question | None:
    return _largest_stage(
        subject,
        "parameters",
        N_("Which stage of {title} holds most parameters?"),
        N_("It holds {share} % of them: {count} of {total}."),
    )


def _most_macs(subject: Subject, _chance: random.Random) -> Question | None:
    return _largest_stage(
        subject,
        "macs",
        N_("Which stage of {title} takes most multiply-accumulates?"),
        N_("It takes {share} % of them: {count} of {total}."),
    )


def _most_memory(subject: Subject, _chance: random.Random) -> Question | None:
    return _largest_stage(
        subject,
        "activation_bytes",
        N_("Which stage of {title} puts out most numbers, and so needs most activation memory?"),
        N_("It needs {share} % of it: {count} of {total} bytes. Early maps are large."),
    )


def _largest_stage(subject: Subject, part: str, text: str, why: str) -> Question | None:
    values = {stage: int(getattr(totals, part)) for stage, totals in subject.costs.by_stage.items()}
    order = sorted(values.values(), reverse=True)
    if len(order) < 2 or order[0] == order[1]:
        return None
    stages, total = tuple(values), sum(order)
    right = stages.index(max(values, key=values.__getitem__))
    said = {
        "title": subject.entry.title,
        "share": f"{100 * order[0] / total:.0f}",
        "count": grouped(order[0]),
        "total": grouped(total),
    }
    return Question(name=part, text=text, options=stages, right=right, why=why, values=said, are_words=True)


def _output_side(subject: Subject, chance: random.Random) -> Question | None:
    moving = [
        cost
        for cost in subject.costs.layers
        if cost.sides and cost.windows and cost.windows[0] == cost.windows[1] and cost.inputs[0][1] == cost.inputs[0][2]
    ]
    if not moving:
        return None
    halving = [cost for cost in moving if cost.output[1] != cost.inputs[0][1]]
    cost = chance.choice(halving or moving)
    window, side = cost.windows[0] if cost.windows else None, cost.inputs[0][1]
    assert window is not None
    right = cost.output[1]
    wrong = {side, side // 2, -(-side // 2), right + 1, right - 1, side - window.kernel, right * 2} - {right}
    return _numeric(
        "side",
        N_(
            "{layer} slides a window of {kernel}×{kernel} with stride {stride} and padding {padding} over maps of "
            "{side}×{side}. How many places does it have along each side?"
        ),
        right,
        wrong,
        chance,
        N_("{formula}"),
        {
            "layer": cost.layer.name,
            "kernel": str(window.kernel),
            "stride": str(window.stride),
            "padding": str(window.padding),
            "side": str(side),
            "formula": cost.sides[0],
        },
    )


def _weights(subject: Subject, chance: random.Random) -> Question | None:
    convolutions = [cost for cost in subject.costs.layers if cost.macs and cost.windows and cost.parameters]
    if not convolutions:
        return None
    cost = chance.choice(convolutions)
    assert cost.windows is not None
    kernel, inputs, outputs = cost.windows[0].kernel, cost.inputs[0][0], cost.output[0]
    other = cost.windows[1].kernel
    wrong = {
        kernel * other * outputs,
        inputs * outputs,
        kernel * other * inputs * outputs * 2,
        kernel * other * (inputs + outputs),
        cost.parameters * max(2, cost.groups),
        cost.parameters // 2,
    } - {cost.parameters, 0}
    return _numeric(
        "weights",
        N_(
            "{layer} is a {height}×{width} convolution from {inputs} to {outputs} channels in {groups} groups. How "
            "many "
            "parameters does it have?"
        ),
        cost.parameters,
        wrong,
        chance,
        N_("{formula} = {right}"),
        {
            "layer": cost.layer.name,
            "height": str(kernel),
            "width": str(other),
            "inputs": str(inputs),
            "outputs": str(outputs),
            "groups": str(cost.groups),
            "formula": cost.formula,
        },
    )


def _doubled_input(subject: Subject, _chance: random.Random) -> Question | None:
    return Question(
        name="doubled",
        text=N_("The picture’s side is doubled. How many parameters does {title} have then, if it works at all?"),
        options=(N_("as many as before"), N_("twice as many"), N_("four times as many")),
        right=0,
        why=N_(
            "Parameters belong to kernels, which slide over maps of any size; multiply-accumulates grow about fourfold."
        ),
        values={"title": subject.entry.title},
        are_words=True,
    )


def _fewest_macs(subject: Subject, chance: random.Random) -> Question | None:
    sheets = datasheets()
    others = [name for name in BACKBONES if name != subject.entry.name and BACKBONES[name].source != "convscope"]
    names = [subject.entry.name, *chance.sample(others, 2)]
    chance.shuffle(names)
    counts = [sheets[name].macs for name in names]
    if len(set(counts)) < len(counts):
        return None
    said = ", ".join(f"{BACKBONES[name].title} {sheets[name].macs / 1e9:.2f} G" for name in names)
    return Question(
        name="fewest",
        text=N_("Which of these takes the fewest multiply-accumulates, each at its own input size?"),
        options=tuple(BACKBONES[name].title for name in names),
        right=counts.index(min(counts)),
        why=N_("{said}"),
        values={"said": said},
    )


def _numeric(
    name: str, text: str, right: int, wrong: set[int], chance: random.Random, why: str, values: dict[str, str]
) -> Question | None:
    """Return a question whose answers are numbers, sorted; None where there are too few wrong ones."""
    plausible = sorted(number for number in wrong if number > 0)
    if len(plausible) < CHOICES - 1:
        return None
    numbers = sorted([right, *chance.sample(plausible, CHOICES - 1)])
    return Question(
        name=name,
        text=text,
        options=tuple(grouped(number) for number in numbers),
        right=numbers.index(right),
        why=why,
        values={**values, "right": grouped(right)},
    )


MAKERS: Sequence[Maker] = (
    _most_parameters,
    _most_macs,
    _most_memory,
    _output_side,
    _weights,
    _doubled_input,
    _fewest_macs,
)
