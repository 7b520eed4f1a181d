"""A network built from a stack of blocks: what each block costs, and which mistake stops it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError
from core.i18n import N_
from core.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.costs.shortfall import Shortfall

STEPS_AT_MOST = 16
WIDTHS = (8, 16, 32, 48, 64, 96, 128, 192, 256)
SIDE, CHANNELS = 32, 3  # of the pictures that it is built for
CLASSES = 6
PARAMETERS_AT_MOST = 4_000_000  # of one that is trained


@dataclass(frozen=True, kw_only=True)
class BlockKind:
    """A kind of block: `title` is marked for translation, `family` the one that it comes from, empty for plain layers.

    `make` builds it from the number of channels that come in, its width and its stride; `call` is the same as a line of
    Python, `uses` the definitions of tiny.py that it needs. `strides` are those it can have; without a width it puts
    out as many channels as come in. `check` raises `UserError` where the numbers do not go together.
    """

    name: str
    title: str
    family: str
    make: Callable[[int, int, int], nn.Module]
    call: str
    uses: tuple[str, ...] = ()
    strides: tuple[int, ...] = (1, 2)
    has_width: bool = True
    check: Callable[[int, int, int], None] | None = None


@dataclass(frozen=True)
class Block:
    """A block in its place."""

    kind: str
    width: int = 32
    stride: int = 1


@dataclass(frozen=True)
class Stack:
    """The steps of a network; a pool over all places and a linear layer follow them."""

    steps: tuple[Block, ...]

    def __str__(self) -> str:
        return ",".join(f"{step.kind}-{step.width}-{step.stride}" for step in self.steps)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a step does: shapes (channels, height, width), costs, and the side in pixels of what an output cell sees."""

    step: Block
    given: tuple[int, ...]
    output: tuple[int, ...]
    parameters: int
    macs: int
    field: int | None


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """A network as far as it can be built; `mistake` is what is wrong with the step after the last row.

    `head_parameters` belong to the linear layer.
    """

    rows: tuple[Row, ...]
    head_parameters: int
    mistake: UserError | None = None

    @property
    def parameters(self) -> int:
        """Return how many parameters all have together."""
        return self.head_parameters + sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """Return the multiply-accumulates of all, the linear layer's included."""
        return self.head_parameters - CLASSES + sum(row.macs for row in self.rows)


def read(text: str) -> Stack:
    """Return the stack that a link describes; steps that make no sense are left out."""
    found = []
    for part in text.split(",")[:STEPS_AT_MOST]:
        kind, _, numbers = part.partition("-")
        width, _, stride = numbers.partition("-")
        if kind in KINDS and width.isdecimal() and stride.isdecimal():
            found.append(Block(kind, _nearest(int(width[:6])), int(stride[:1]) or 1))
    return Stack(tuple(found))


def _nearest(width: int) -> int:
    return min(WIDTHS, key=lambda known: abs(known - width))


def _no_stride(_inputs: int, _width: int, stride: int) -> None:
    if stride != 1:
        raise UserError(
            N_("This block keeps the size of the maps; it has no stride."),
            N_("Choose stride 1, and put a pool behind it."),
        )


def _fire_numbers(inputs: int, width: int, stride: int) -> None:
    _no_stride(inputs, width, stride)
    if width < 16:
        raise UserError(
            N_("A Fire module squeezes to an eighth of its width, which leaves {left} of {width} channels."),
            N_("Choose a width of at least 16."),
            left=width // 8,
            width=width,
        )


def _same_width(inputs: int, width: int, stride: int) -> None:
    if stride == 1 and inputs != width:
        raise UserError(
            N_("{inputs} channels come in and {width} go out: the shortcut, which changes nothing, cannot be added."),
            N_("Choose a width of {inputs}, or stride 2, with which a convolution is the shortcut."),
            inputs=inputs,
            width=width,
        )


def _tiny(name: str) -> Callable[..., nn.Module]:
    from core.architectures.zoo import tiny

    made: Callable[..., nn.Module] = getattr(tiny, name)
    return made


def _pool(_inputs: int, _width: int, _stride: int) -> nn.Module:
    from torch import nn

    return nn.MaxPool2d(2)


CONV_NORM = ("named", "conv_norm")
CONV_NORM_RELU = (*CONV_NORM, "conv_norm_relu")
KINDS: Registry[BlockKind] = Registry(
    N_("block"),
    (
        BlockKind(
            name="conv",
            title=N_("3×3 convolution"),
            family="VGG",
            make=lambda inputs, width, stride: _tiny("conv_norm_relu")(inputs, width, kernel=3, stride=stride),
            call="conv_norm_relu({inputs}, {width}, kernel=3, stride={stride})",
            uses=CONV_NORM_RELU,
        ),
        BlockKind(
            name="pool",
            title=N_("Max pooling"),
            family="",
            make=_pool,
            call="nn.MaxPool2d(2)",
            strides=(2,),
            has_width=False,
        ),
        BlockKind(
            name="residual",
            title=N_("Residual block"),
            family="ResNet",
            make=lambda inputs, width, stride: _tiny("BasicBlock")(inputs, width, stride),
            call="BasicBlock({inputs}, {width}, stride={stride})",
            uses=(*CONV_NORM_RELU, "BasicBlock"),
        ),
        BlockKind(
            name="inception",
            title=N_("Inception block"),
            family="Inception",
            make=lambda inputs, width, _stride: _tiny("InceptionBlock")(inputs, width),
            call="InceptionBlock({inputs}, {width})",
            uses=(*CONV_NORM_RELU, "InceptionBlock"),
            strides=(1,),
            check=_no_stride,
        ),
        BlockKind(
            name="xception",
            title=N_("Xception block"),
            family="Xception",
            make=lambda inputs, width, stride: _tiny("XceptionBlock")((inputs, width, width), halve=stride == 2),
            call="XceptionBlock(({inputs}, {width}, {width}), halve={halves})",
            uses=(*CONV_NORM, "separable_conv", "XceptionBlock"),
            check=_same_width,
        ),
        BlockKind(
            name="fire",
            title=N_("Fire module"),
            family="SqueezeNet",
            make=lambda inputs, width, _stride: _tiny("Fire")(inputs, width // 8, width // 2, width // 2),
            call="Fire({inputs}, {eighth}, {half}, {half})",
            uses=(*CONV_NORM_RELU, "Fire"),
            strides=(1,),
            check=_fire_numbers,
        ),
        BlockKind(
            name="inverted",
            title=N_("Inverted residual"),
            family="MobileNet",
            make=lambda inputs, width, stride: _tiny("InvertedResidual")(inputs, width, stride),
            call="InvertedResidual({inputs}, {width}, stride={stride})",
            uses=(*CONV_NORM, "conv_norm_relu6", "InvertedResidual"),
        ),
    ),
)
EXAMPLE = Stack((Block("conv", 16), Block("residual", 32, 2), Block("residual", 64, 2), Block("residual", 64)))


def outputs_of(step: Block, inputs: int) -> int:
    """Return how many channels a step puts out."""
    return step.width if KINDS[step.kind].has_width else inputs


def network(stack: Stack) -> nn.Module:
    """Return the network, its weights drawn from the global generator: blocks, mean over all places, linear layer.

    Raises `UserError` for the first step whose numbers do not go together.
    """
    from core.architectures.zoo import tiny

    parts: OrderedDict[str, nn.Module] = OrderedDict()
    channels = CHANNELS
    for place, step in enumerate(stack.steps, 1):
        kind = KINDS[step.kind]
        if kind.check is not None:
            kind.check(channels, step.width, step.stride)
        parts[f"block{place}"] = kind.make(channels, step.width, step.stride)
        channels = outputs_of(step, channels)
    parts["head"] = tiny.average_and_classify(channels, CLASSES)
    return tiny.initialise(tiny.named(**parts))


def build(stack: Stack, side: int = SIDE) -> BuildReport:
    """Return what each step of a network does to a picture of `side` pixels, up to the first mistake."""
    possible, mistake = _possible(stack)
    while True:
        rows, head, shortfall = _measure(possible, side)
        if shortfall is None:
            return BuildReport(rows=rows, head_parameters=head, mistake=mistake)
        failed = int(shortfall.layer.partition(".")[0].removeprefix("block"))
        mistake = _too_small(possible.steps[failed - 1], shortfall)
        possible = Stack(possible.steps[: failed - 1])


def _possible(stack: Stack) -> tuple[Stack, UserError | None]:
    """Return the steps before the first whose numbers do not go together, and what is wrong with that."""
    channels = CHANNELS
    for index, step in enumerate(stack.steps):
        kind = KINDS[step.kind]
        try:
            if kind.check is not None:
                kind.check(channels, step.width, step.stride)
        except UserError as problem:
            return Stack(stack.steps[:index]), problem
        channels = outputs_of(step, channels)
    return stack, None


def _measure(stack: Stack, side: int) -> tuple[tuple[Row, ...], int, Shortfall | None]:
    import torch

    from core.architectures.costs.costs import blueprint_of
    from core.architectures.receptive_field.fields import fields_of

    with torch.device("meta"):
        model = network(stack).eval()
    costs = blueprint_of(model).costs(side)
    if costs.shortfall is not None:
        return (), 0, costs.shortfall
    fields = fields_of(model, (side, side))
    rows = []
    given: tuple[int, ...] = (CHANNELS, side, side)
    for index, step in enumerate(stack.steps, 1):
        own = [cost for cost in costs.layers if cost.layer.name.startswith(f"block{index}.")]
        own = own or [cost for cost in costs.layers if cost.layer.name == f"block{index}"]
        field = fields.get(own[-1].layer.name)
        rows.append(
            Row(
                step=step,
                given=given,
                output=own[-1].output,
                parameters=sum(cost.parameters for cost in own),
                macs=sum(cost.macs for cost in own),
                field=max(field.size) if field is not None and field.size is not None else None,
            )
        )
        given = own[-1].output
    head = sum(cost.parameters for cost in costs.layers if cost.layer.name.startswith("head"))
    return tuple(rows), head, None


def _too_small(step: Block, shortfall: Shortfall) -> UserError:
    return UserError(
        N_("Nothing is left of the maps here: {formula}."),
        N_("Take out this step or a stride before it."),
        formula=shortfall.formula,
        step=step.kind,
    )


def moved(steps: Sequence[Block], index: int, by: int) -> tuple[Block, ...]:
    """Return the steps with one of them moved up or down; where it would leave the stack, as they were."""
    found = list(steps)
    if 0 <= index + by < len(found):
        found[index], found[index + by] = found[index + by], found[index]
    return tuple(found)
