"""A zoo of small networks that are hard to capture, each with what its layers truly compute, written by hand.

`forward` does what is hard: it overwrites tensors in place, uses modules again, passes tuples around. `truth` says in
plain functions, none of which overwrites anything, what each layer puts out at the moment it has run, in that order,
and what the network answers (`OUTPUT`). A test that uses the zoo first checks that both give the same answer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OUTPUT = "the output"
CHANNELS = 6
Truth = dict[str, Tensor]


def batch(side: int = 8, seed: int = 0) -> Tensor:
    """Return one input, (1, 3, side, side), of both signs."""
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def randomise(model: nn.Module, seed: int = 0) -> nn.Module:
    """Return the model with weights and running statistics that leave signals of both signs, of size about 1."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        for name, tensor in module.named_parameters(recurse=False):
            if tensor.dim() > 1:
                _fill(tensor.data, (2 / tensor[0].numel()) ** 0.5, generator)
            elif name == "bias" or not isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
                tensor.data.normal_(0, 0.3, generator=generator)
            else:
                tensor.data.uniform_(0.5, 1.5, generator=generator)
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and module.running_var is not None:
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return model


def _fill(tensor: Tensor, deviation: float, generator: torch.Generator) -> None:
    """Fill a tensor with normal numbers, the same again and again in a large one, where drawing takes long."""
    numbers = torch.empty(min(tensor.numel(), 999_983)).normal_(0, deviation, generator=generator)
    for part in tensor.view(-1).split(len(numbers)):
        part.copy_(numbers[: len(part)])


class Pathological(nn.Module):
    """A network of the zoo; it starts with a convolution, whose maps are what is most often overwritten."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, CHANNELS, 3, padding=1)

    def truth(self, x: Tensor) -> Truth:
        """Return what each layer puts out for `x`, by name, in the order the data takes, and the output."""
        raise NotImplementedError


class Residual(Pathological):
    """`x += y`, then a ReLU in place on the sum, as in ResNet's blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.second_norm = nn.BatchNorm2d(CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.conv(x)))
        out = self.second_norm(self.second(x))
        out += x
        return self.relu(out)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        norm = self.norm(conv)
        relu = norm.clamp(min=0)
        second = self.second(relu)
        second_norm = self.second_norm(second)
        total = second_norm + relu
        last = total.clamp(min=0)
        return {
            "conv": conv,
            "norm": norm,
            "relu": relu,
            "second": second,
            "second_norm": second_norm,
            "add": total,
            "relu_1": last,
            OUTPUT: last,
        }


class FunctionInPlace(Pathological):
    """`F.relu(x, inplace=True)`, by keyword and by position."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(x), inplace=True)
        return F.hardtanh(x - 0.5, -0.25, 0.5, True)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        relu = conv.clamp(min=0)
        shifted = relu - 0.5
        last = shifted.clamp(-0.25, 0.5)
        return {"conv": conv, "relu": relu, "sub": shifted, "hardtanh": last, OUTPUT: last}


class MethodInPlace(Pathological):
    """`x.relu_()`."""

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).relu_()

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        return {"conv": conv, "relu_": conv.clamp(min=0), OUTPUT: conv.clamp(min=0)}


class UnderscoredFunction(Pathological):
    """`torch.relu_(x)`."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(self.conv(x))

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        return {"conv": conv, "relu_": conv.clamp(min=0), OUTPUT: conv.clamp(min=0)}


class UnderscoredFunctions(Pathological):
    """In-place functions that only torch.nn.functional has: `F.leaky_relu_(x)`, `F.elu_(x)`, `F.hardtanh_(x)`."""

    def forward(self, x: Tensor) -> Tensor:
        return F.hardtanh_(F.elu_(F.leaky_relu_(self.conv(x), 0.2)), -0.5, 0.5)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        leaky = torch.where(conv > 0, conv, conv * 0.2)
        elu = F.elu(leaky)
        last = elu.clamp(-0.5, 0.5)
        return {"conv": conv, "leaky_relu_": leaky, "elu_": elu, "hardtanh_": last, OUTPUT: last}


class Arithmetic(Pathological):
    """`x.add_(1).mul_(2)`, then the augmented assignments `*=`, `-=` and `/=`."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).add_(1).mul_(2)
        x *= 3
        x -= 4
        x /= 5
        return x

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        added = conv + 1
        doubled = added * 2
        tripled = doubled * 3
        less = tripled - 4
        last = less / 5
        return {
            "conv": conv,
            "add_": added,
            "mul_": doubled,
            "mul": tripled,
            "sub": less,
            "truediv": last,
            OUTPUT: last,
        }


class ReusedModule(Pathological):
    """One ReLU used three times."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.third = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.third(self.relu(self.second(self.relu(self.conv(x))))))

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        second = self.second(conv.clamp(min=0))
        third = self.third(second.clamp(min=0))
        return {
            "conv": conv,
            "relu": conv.clamp(min=0),
            "second": second,
            "relu_1": second.clamp(min=0),
            "third": third,
            "relu_2": third.clamp(min=0),
            OUTPUT: third.clamp(min=0),
        }


class TwoNames(Pathological):
    """The same modules registered under two names, both used, and a block whose weights are shared by two calls."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.block = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), self.relu)
        self.alias = self.conv

    def forward(self, x: Tensor) -> Tensor:
        return self.block(self.block(self.relu(self.conv(x) + self.alias(-x))))

    def truth(self, x: Tensor) -> Truth:
        first, second = self.conv(x), self.conv(-x)
        total = first + second
        relu = total.clamp(min=0)
        inner = self.block[0](relu)
        again = self.block[0](inner.clamp(min=0))
        last = again.clamp(min=0)
        return {
            "conv": first,
            "neg": -x,
            "conv_1": second,
            "add": total,
            "relu": relu,
            "block.0": inner,
            "relu_1": inner.clamp(min=0),
            "block.0_1": again,
            "relu_2": last,
            OUTPUT: last,
        }


class InPlaceOnView(Pathological):
    """A view of the maps overwritten in place, then used instead of them."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(CHANNELS * 64, 4)

    def forward(self, x: Tensor) -> Tensor:
        flat = self.conv(x).view(1, -1)
        flat = F.relu(flat, inplace=True)
        return self.linear(flat)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        relu = conv.reshape(1, -1).clamp(min=0)
        return {"conv": conv, "relu": relu, "linear": self.linear(relu), OUTPUT: self.linear(relu)}


class Chunks(Pathological):
    """Halves of the maps overwritten in place, then put together, as in ShuffleNet's blocks."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.conv(x).chunk(2, 1)
        first += 1
        second = second.mul_(2)
        return torch.cat([second, F.relu(first, inplace=True)], 1)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        first, second = conv[:, :3] + 1, conv[:, 3:] * 2
        last = torch.cat([second, first.clamp(min=0)], 1)
        return {"conv": conv, "add": first, "mul_": second, "relu": first.clamp(min=0), "cat": last, OUTPUT: last}


class FunctionalPools(Pathological):
    """Pools that are functions, as in Inception's branches."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        branches = [F.max_pool2d(x, 2, stride=2), F.avg_pool2d(x, kernel_size=3, stride=2, padding=1)]
        x = torch.cat(branches, 1)
        return torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        maximum = conv.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))
        average = nn.AvgPool2d(3, 2, 1)(conv)
        both = torch.cat([maximum, average], 1)
        pooled = nn.AdaptiveAvgPool2d(1)(both)
        return {
            "conv": conv,
            "max_pool2d": maximum,
            "avg_pool2d": average,
            "cat": both,
            "adaptive_avg_pool2d": pooled,
            OUTPUT: pooled[:, :, 0, 0],
        }


class TupleBlock(nn.Module):
    """Returns a tuple of its input, transformed, and the input."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.conv(x), x


class TuplesInside(Pathological):
    """A block that returns a tuple, and a leaf, a pool with its indices, that returns one: no maps to show."""

    def __init__(self) -> None:
        super().__init__()
        self.block = TupleBlock()
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x, shortcut = self.block(self.conv(x))
        pooled, indices = self.pool(x)
        return self.unpool(pooled, indices) + shortcut

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        inner = self.block.conv(conv)
        kept = inner * (inner == F.interpolate(F.max_pool2d(inner, 2), scale_factor=2, mode="nearest"))
        return {"conv": conv, "block.conv": inner, "unpool": kept, "add": kept + conv, OUTPUT: kept + conv}


class ChannelsLast(Pathological):
    """Channels moved to the last axis for a normalisation and linear layers, as in ConvNeXt's blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(CHANNELS)
        self.linear = nn.Linear(CHANNELS, 2 * CHANNELS)
        self.gelu = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x).permute(0, 2, 3, 1))
        return self.gelu(self.linear(x)).permute(0, 3, 1, 2).contiguous().relu_()

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        norm = self.norm(conv.movedim(1, 3))
        linear = self.linear(norm)
        gelu = F.gelu(linear)
        last = gelu.movedim(3, 1).clamp(min=0)
        return {"conv": conv, "norm": norm, "linear": linear, "gelu": gelu, "relu_": last, OUTPUT: last}


class SeveralInputs(Pathological):
    """Layers with more than one input: a gate, a concatenation, a learned slope, a bilinear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.slopes = nn.Parameter(torch.zeros(CHANNELS))
        self.gate = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.prelu = nn.PReLU(CHANNELS)
        self.bilinear = nn.Bilinear(CHANNELS, CHANNELS, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))) * x
        both = torch.cat([F.prelu(x, self.slopes), self.prelu(x)], 1)
        left, right = both.mean((2, 3)).chunk(2, 1)
        return self.bilinear(left, right)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        mean = conv.mean((2, 3), keepdim=True)
        gate = self.gate(mean)
        gated = gate.sigmoid() * conv
        slope, learned = self.slopes.view(1, -1, 1, 1), self.prelu.weight.view(1, -1, 1, 1)
        first, second = torch.where(gated > 0, gated, gated * slope), torch.where(gated > 0, gated, gated * learned)
        both = torch.cat([first, second], 1)
        means = both.mean((2, 3))
        last = F.bilinear(means[:, :CHANNELS], means[:, CHANNELS:], self.bilinear.weight, self.bilinear.bias)
        return {
            "conv": conv,
            "mean": mean,
            "gate": gate,
            "sigmoid": gate.sigmoid(),
            "mul": gated,
            "prelu": first,
            "prelu_1": second,
            "cat": both,
            "mean_1": means,
            "bilinear": last,
            OUTPUT: last,
        }


class EveryActivation(Pathological):
    """Activation modules that are told to work in place, one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = nn.Sequential(
            nn.BatchNorm2d(CHANNELS),
            nn.SiLU(inplace=True),
            nn.Hardswish(inplace=True),
            nn.LeakyReLU(0.3, inplace=True),
            nn.ELU(inplace=True),
            nn.Dropout(0.5, inplace=True),
            nn.Identity(),
            nn.ReLU6(inplace=True),
            nn.Mish(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.chain(self.conv(x))

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        norm = self.chain[0](conv)
        silu = F.silu(norm)
        hardswish = F.hardswish(silu)
        leaky = torch.where(hardswish > 0, hardswish, hardswish * 0.3)
        elu = F.elu(leaky)
        relu6 = elu.clamp(0, 6)
        last = F.mish(relu6)
        values = (norm, silu, hardswish, leaky, elu, elu, elu, relu6, last)
        return {"conv": conv} | {f"chain.{index}": value for index, value in enumerate(values)} | {OUTPUT: last}


class SharedNormalisation(Pathological):
    """A normalisation with two readers, one of which looks on while the other could overwrite it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        y = self.second(x)
        return F.relu(x, inplace=True) + y

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        norm = self.norm(conv)
        second = self.second(norm)
        relu = norm.clamp(min=0)
        return {"conv": conv, "norm": norm, "second": second, "relu": relu, "add": relu + second, OUTPUT: relu + second}


class InPlaceOnTheInput(Pathological):
    """An activation that overwrites the network's own input."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.relu(x))

    def truth(self, x: Tensor) -> Truth:
        relu = x.clamp(min=0)
        return {"relu": relu, "conv": self.conv(relu), OUTPUT: self.conv(relu)}


class BatchStatistics(Pathological):
    """A normalisation without running statistics: it uses those of the batch, in eval mode too."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x)))

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        norm = F.batch_norm(conv, None, None, self.norm.weight, self.norm.bias, training=True, eps=self.norm.eps)
        return {"conv": conv, "norm": norm, "relu": norm.clamp(min=0), OUTPUT: norm.clamp(min=0)}


class NumberedNames(Pathological):
    """Modules whose own names end in a number, as the suffixes of repeated names do."""

    def __init__(self) -> None:
        super().__init__()
        self.second_1 = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.second_2 = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.second_2(self.second_1(self.conv(x)))

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        first = self.second_1(conv)
        last = self.second_2(first)
        return {"conv": conv, "second_1": first, "second_2": last, OUTPUT: last}


class ResidualInputOverwritten(Pathological):
    """A ReLU in place on what the shortcut passes on: the sum adds the overwritten maps, as the network really does."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.second(self.relu(x)) + x

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        relu = conv.clamp(min=0)
        second = self.second(relu)
        return {"conv": conv, "relu": relu, "second": second, "add": second + relu, OUTPUT: second + relu}


class NormalisationOverwritten(Pathological):
    """The same with a normalisation's output, which has two readers."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return self.second(self.relu(x)) + x

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        norm = self.norm(conv)
        relu = norm.clamp(min=0)
        second = self.second(relu)
        total = second + relu
        return {"conv": conv, "norm": norm, "relu": relu, "second": second, "add": total, OUTPUT: total}


class ResultThrownAway(Pathological):
    """In-place operations whose results nobody takes: the overwritten maps are used under their old name."""

    def __init__(self) -> None:
        super().__init__()
        self.relu6 = nn.ReLU6(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x.add_(0.25)
        F.relu(x, inplace=True)
        x.mul_(4)
        self.relu6(x)
        return x

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        added = conv + 0.25
        relu = added.clamp(min=0)
        four = relu * 4
        last = four.clamp(0, 6)
        return {"conv": conv, "add_": added, "relu": relu, "mul_": four, "relu6": last, OUTPUT: last}


class BaseOfOverwrittenView(Pathological):
    """A view overwritten in place, after which the maps that it looks at are used."""

    def __init__(self) -> None:
        super().__init__()
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        flat = x.view(1, -1)
        flat.relu_()
        return self.second(x)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        relu = conv.reshape(1, -1).clamp(min=0)
        last = self.second(conv.clamp(min=0))
        return {"conv": conv, "relu_": relu, "second": last, OUTPUT: last}


class BaseOfOverwrittenIdentity(Pathological):
    """What identity and dropout hand on in eval mode is no copy: overwriting it overwrites the maps."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Identity()
        self.dropout = nn.Dropout()
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.relu(self.dropout(self.same(x))) + self.second(x)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        relu = conv.clamp(min=0)
        second = self.second(relu)
        last = relu + second
        return {
            "conv": conv,
            "same": conv,
            "dropout": conv,
            "relu": relu,
            "second": second,
            "add": last,
            OUTPUT: last,
        }


class BaseOfOverwrittenChunk(Pathological):
    """One half of the maps overwritten in place, after which the whole is used, by an activation."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        first, _second = x.chunk(2, 1)
        first.mul_(-1)
        return torch.relu(x)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        first = -conv[:, :3]
        last = torch.cat([first, conv[:, 3:]], 1).clamp(min=0)
        return {"conv": conv, "mul_": first, "relu": last, OUTPUT: last}


class OutArgument(Pathological):
    """A result written over what it was computed from: `torch.add(x, 1, out=x)`."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return torch.add(x, 1, out=x)

    def truth(self, x: Tensor) -> Truth:
        conv = self.conv(x)
        return {"conv": conv, "add": conv + 1, OUTPUT: conv + 1}


ZOO: tuple[type[Pathological], ...] = (
    Residual,
    FunctionInPlace,
    MethodInPlace,
    UnderscoredFunction,
    UnderscoredFunctions,
    Arithmetic,
    ReusedModule,
    TwoNames,
    InPlaceOnView,
    Chunks,
    FunctionalPools,
    TuplesInside,
    ChannelsLast,
    SeveralInputs,
    EveryActivation,
    SharedNormalisation,
    InPlaceOnTheInput,
    BatchStatistics,
    NumberedNames,
    ResidualInputOverwritten,
    NormalisationOverwritten,
    ResultThrownAway,
    BaseOfOverwrittenView,
    BaseOfOverwrittenIdentity,
    BaseOfOverwrittenChunk,
    OutArgument,
)


def build(kind: type[Pathological]) -> Pathological:
    """Return a network of the zoo in eval mode with random weights."""
    model = kind()
    randomise(model)
    model.eval()
    return model
