"""Six small networks for 64×64 pictures, built from the true blocks of six families. Written to be read.

Every network is a chain of stages, `stem → stage1 → … → stage4 → head`, and maps (N, 3, 64, 64) to the logits
(N, classes). Two things differ from most of the papers throughout: the maps are halved three or four times
instead of five, because a small picture has no resolution to give away, and each convolution is followed by batch
normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167), which VGG and SqueezeNet predate or do without. A convolution
that batch normalisation follows needs no bias: the normalisation would subtract it again.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import Tensor, nn

CLASSES = 69


def named(**modules: nn.Module) -> nn.Sequential:
    """Return the modules as a chain in which each keeps its name."""
    return nn.Sequential(OrderedDict(modules))


def conv_norm(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, **after: nn.Module
) -> nn.Sequential:
    """Return convolution → batch normalisation → `after`; padded so that only `stride` changes the maps' size."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return named(conv=conv, norm=nn.BatchNorm2d(outputs), **after)


def conv_norm_relu(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return convolution → batch normalisation → ReLU."""
    return conv_norm(inputs, outputs, kernel, stride, relu=nn.ReLU(inplace=True))


def average_and_classify(channels: int, classes: int) -> nn.Sequential:
    """Return the head most families use: global average pooling, then one linear layer (arXiv:1312.4400)."""
    return named(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), linear=nn.Linear(channels, classes))


def initialise(network: nn.Module) -> nn.Module:
    """Return the network with He's initialisation (2015, arXiv:1502.01852): variances survive each ReLU.

    A depthwise convolution only passes them on; the layer that gives the logits, alone in having a bias, begins small,
    so that an untrained network is undecided.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            if module.bias is not None:
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)
            else:
                depthwise = isinstance(module, nn.Conv2d) and module.groups > 1
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear" if depthwise else "relu")
    return network


# --- VGG: nothing but 3×3 convolutions -------------------------------------------------------------------------------


def vgg_block(inputs: int, outputs: int, convolutions: int) -> nn.Sequential:
    """Return 3×3 convolutions in a row, then a pool that halves the maps (Simonyan & Zisserman 2014, arXiv:1409.1556).

    Two 3×3 convolutions see 5×5 pixels and three see 7×7, with fewer weights and more ReLUs than one large kernel.
    """
    widths = [inputs] + [outputs] * convolutions
    stack = [conv_norm_relu(a, b, kernel=3) for a, b in pairwise(widths)]
    return named(**{f"conv{i}": conv for i, conv in enumerate(stack, 1)}, pool=nn.MaxPool2d(2))


def tiny_vgg(classes: int = CLASSES) -> nn.Module:
    """Return a VGG whose head keeps the positions (flattened, not averaged), as the original's does.

    The original's two hidden layers of 4096 units would here take over twenty times the weights of all the rest.
    """
    head = named(flatten=nn.Flatten(), dropout=nn.Dropout(0.5), linear=nn.Linear(160 * 4 * 4, classes))
    return initialise(
        named(
            stage1=vgg_block(3, 32, convolutions=2),  # 64×64 → 32×32
            stage2=vgg_block(32, 64, convolutions=2),  # → 16×16
            stage3=vgg_block(64, 112, convolutions=3),  # → 8×8
            stage4=vgg_block(112, 160, convolutions=3),  # → 4×4
            head=head,
        )
    )


# --- ResNet: learn the difference ------------------------------------------------------------------------------------


class BasicBlock(nn.Module):
    """Adds what two 3×3 convolutions compute to what came in (He et al. 2015, arXiv:1512.03385, figure 2).

    Where the shape changes, a 1×1 convolution projects the shortcut (the paper's option B); else it is the identity.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv_norm_relu(inputs, outputs, kernel=3, stride=stride)
        self.conv2 = conv_norm(outputs, outputs, kernel=3)
        same_shape = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same_shape else conv_norm(inputs, outputs, kernel=1, stride=stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv2(self.conv1(x)) + self.shortcut(x))  # type: ignore[no-any-return]


def tiny_resnet(classes: int = CLASSES) -> nn.Module:
    """Return a residual network with the layout of ResNet-18: four stages of two basic blocks each."""

    def stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return named(block1=BasicBlock(inputs, outputs, stride), block2=BasicBlock(outputs, outputs))

    return initialise(
        named(
            stem=conv_norm_relu(3, 16, kernel=3),  # 64×64
            stage1=stage(16, 16, stride=1),
            stage2=stage(16, 48, stride=2),  # 32×32
            stage3=stage(48, 96, stride=2),  # 16×16
            stage4=stage(96, 176, stride=2),  # 8×8
            head=average_and_classify(176, classes),
        )
    )


# --- Inception: look at several scales at once -----------------------------------------------------------------------


class InceptionBlock(nn.Module):
    """Puts four views side by side (Szegedy et al. 2015, arXiv:1512.00567, figure 5).

    1×1, 3×3, two 3×3 in a row (for a 5×5) and a pool; 1×1 convolutions first reduce what the costly branches see.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        width = outputs // 4
        self.branch1x1 = conv_norm_relu(inputs, width, kernel=1)
        self.branch3x3 = named(
            reduce=conv_norm_relu(inputs, width, kernel=1),
            conv=conv_norm_relu(width, width, kernel=3),
        )
        self.branch5x5 = named(
            reduce=conv_norm_relu(inputs, width, kernel=1),
            conv1=conv_norm_relu(width, width, kernel=3),
            conv2=conv_norm_relu(width, width, kernel=3),
        )
        self.branch_pool = named(
            pool=nn.AvgPool2d(3, stride=1, padding=1),
            project=conv_norm_relu(inputs, width, kernel=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1x1(x), self.branch3x3(x), self.branch5x5(x), self.branch_pool(x)], dim=1)


class GridReduction(nn.Module):
    """Halves the maps by a convolution and a pool side by side, so that neither loses everything (ibid., figure 10)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.branch3x3 = conv_norm_relu(inputs, outputs - inputs, kernel=3, stride=2)
        self.branch_pool = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch3x3(x), self.branch_pool(x)], dim=1)


def tiny_inception(classes: int = CLASSES) -> nn.Module:
    """Return an Inception network: a convolution, then inception blocks with grid reductions between them."""

    def pair(inputs: int, outputs: int) -> dict[str, nn.Module]:
        return {"inception1": InceptionBlock(inputs, outputs), "inception2": InceptionBlock(outputs, outputs)}

    return initialise(
        named(
            stem=conv_norm_relu(3, 16, kernel=3),  # 64×64
            stage1=named(reduction=GridReduction(16, 48), **pair(48, 64)),  # 32×32
            stage2=named(reduction=GridReduction(64, 128), **pair(128, 192)),  # 16×16
            stage3=named(reduction=GridReduction(192, 256), **pair(256, 256)),  # 8×8
            stage4=named(**pair(256, 256)),
            head=average_and_classify(256, classes),
        )
    )


# --- Xception: across channels and across space, one after the other -------------------------------------------------


def separable_conv(inputs: int, outputs: int) -> nn.Sequential:
    """Return a depthwise separable convolution: 3×3 within each channel, then 1×1 across channels, no ReLU between.

    Inception taken to the extreme, one branch a channel (Chollet 2016, arXiv:1610.02357; figures 4 and 10).
    """
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
    pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
    return named(depthwise=depthwise, pointwise=pointwise, norm=nn.BatchNorm2d(outputs))


class XceptionBlock(nn.Module):
    """Adds a chain of ReLU → separable convolution to a shortcut (ibid., figure 5).

    With `halve` a pool ends the chain and a strided 1×1 convolution is the shortcut; else the shortcut is the identity.
    """

    def __init__(self, widths: tuple[int, ...], halve: bool) -> None:
        super().__init__()
        chain: dict[str, nn.Module] = {}
        for i, (inputs, outputs) in enumerate(pairwise(widths), 1):
            chain[f"relu{i}"] = nn.ReLU()  # not in place: the shortcut still needs what comes in
            chain[f"separable{i}"] = separable_conv(inputs, outputs)
        if halve:
            chain["pool"] = nn.MaxPool2d(3, stride=2, padding=1)
        self.chain = named(**chain)
        self.shortcut = conv_norm(widths[0], widths[-1], kernel=1, stride=2) if halve else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.chain(x) + self.shortcut(x)  # type: ignore[no-any-return]


def tiny_xception(classes: int = CLASSES) -> nn.Module:
    """Return an Xception network: entry flow (stage 1), middle flow (stages 2 and 3), exit flow (stage 4)."""

    def middle_flow() -> nn.Sequential:
        widths = (160, 160, 160, 160)
        return named(block1=XceptionBlock(widths, halve=False), block2=XceptionBlock(widths, halve=False))

    return initialise(
        named(
            stem=named(conv1=conv_norm_relu(3, 32, kernel=3), conv2=conv_norm_relu(32, 64, kernel=3, stride=2)),
            stage1=XceptionBlock((64, 160, 160), halve=True),  # 32×32 → 16×16
            stage2=middle_flow(),
            stage3=middle_flow(),
            stage4=named(
                block=XceptionBlock((160, 160, 320), halve=True),  # → 8×8
                separable=separable_conv(320, 480),
                relu=nn.ReLU(inplace=True),
            ),
            head=average_and_classify(480, classes),
        )
    )


# --- SqueezeNet: squeeze, then expand --------------------------------------------------------------------------------


class Fire(nn.Module):
    """Squeezes by 1×1 to few channels, expands by 1×1 and 3×3 side by side (Iandola et al. 2016, arXiv:1602.07360).

    Where as many channels leave as come in, they are added to them: the paper's "simple bypass" (figure 2, middle).
    """

    def __init__(self, inputs: int, s1x1: int, e1x1: int, e3x3: int) -> None:
        super().__init__()
        self.squeeze = conv_norm_relu(inputs, s1x1, kernel=1)
        self.expand1x1 = conv_norm_relu(s1x1, e1x1, kernel=1)
        self.expand3x3 = conv_norm_relu(s1x1, e3x3, kernel=3)
        self.bypass = inputs == e1x1 + e3x3

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.squeeze(x)
        expanded = torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1)
        return expanded + x if self.bypass else expanded


def tiny_squeezenet(classes: int = CLASSES) -> nn.Module:
    """Return the Fire modules of SqueezeNet 1.1 with late pools (the paper's strategy 3) and no linear layer at all.

    The original ends in a ReLU on the logits, which stops learning for a class whose logit is zero; it is left out.
    """
    head = {"dropout": nn.Dropout(0.2), "conv10": nn.Conv2d(512, classes, 1), "pool": nn.AdaptiveAvgPool2d(1)}
    return initialise(
        named(
            stem=named(conv1=conv_norm_relu(3, 64, kernel=3), pool=nn.MaxPool2d(2)),  # → 32×32
            stage1=named(fire2=Fire(64, 16, 64, 64), fire3=Fire(128, 16, 64, 64), pool=nn.MaxPool2d(2)),  # → 16×16
            stage2=named(fire4=Fire(128, 32, 128, 128), fire5=Fire(256, 32, 128, 128)),
            stage3=named(fire6=Fire(256, 48, 192, 192), fire7=Fire(384, 48, 192, 192), pool=nn.MaxPool2d(2)),  # → 8×8
            stage4=named(fire8=Fire(384, 64, 256, 256), fire9=Fire(512, 64, 256, 256)),
            head=named(**head, flatten=nn.Flatten()),
        )
    )


# --- MobileNet: thin between the blocks, wide within them ------------------------------------------------------------


def conv_norm_relu6(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return convolution → batch normalisation → ReLU6, which stops at 6 so that few bits suffice on a telephone."""
    return conv_norm(inputs, outputs, kernel, stride, groups, relu6=nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Expands by 1×1, filters each channel by 3×3, projects back by 1×1 (Sandler et al. 2018, arXiv:1801.04381).

    No activation follows the projection, the "linear bottleneck": on few channels it would destroy information. The
    shortcut joins the thin ends, where the shape stays the same. With `expansion` 1 there is nothing to expand.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, expansion: int = 6) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = conv_norm_relu6(inputs, hidden, kernel=1) if expansion > 1 else nn.Identity()
        self.depthwise = conv_norm_relu6(hidden, hidden, kernel=3, stride=stride, groups=hidden)
        self.project = conv_norm(hidden, outputs, kernel=1)
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        projected = self.project(self.depthwise(self.expand(x)))
        return x + projected if self.residual else projected  # type: ignore[no-any-return]


def tiny_mobilenet(classes: int = CLASSES) -> nn.Module:
    """Return a MobileNetV2: the paper's table 2 with half as many halvings and fewer blocks."""

    def stage(inputs: int, outputs: int, blocks: int, stride: int) -> dict[str, nn.Module]:
        first = InvertedResidual(inputs, outputs, stride)
        return {"block1": first, **{f"block{i}": InvertedResidual(outputs, outputs) for i in range(2, blocks + 1)}}

    return initialise(
        named(
            stem=named(conv=conv_norm_relu6(3, 32, kernel=3, stride=2), block=InvertedResidual(32, 16, expansion=1)),
            stage1=named(**stage(16, 24, blocks=2, stride=1)),  # 32×32
            stage2=named(**stage(24, 48, blocks=3, stride=2)),  # 16×16
            stage3=named(**stage(48, 64, blocks=3, stride=1)),
            stage4=named(**stage(64, 112, blocks=3, stride=2), last=conv_norm_relu6(112, 512, kernel=1)),  # 8×8
            head=average_and_classify(512, classes),
        )
    )
