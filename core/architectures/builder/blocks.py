"""The kinds of blocks that a network can be built from, as rows of one registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError
from core.i18n import N_
from core.registry import Registry

if TYPE_CHECKING:
    from torch import nn


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
