"""The families of backbones: idea, contribution, when to choose them, weaknesses.

`builds_on` names the families whose ideas a family takes up, as its paper says. Texts are marked for translation.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.architectures.zoo import papers
from core.architectures.zoo.records import Paper
from core.i18n import N_
from core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Family:
    """What is said of a family; `name` is the one that its backbones' entries have."""

    name: str
    paper: Paper
    idea: str
    introduced: str
    take_when: str
    weakness: str
    builds_on: tuple[str, ...] = ()

    @property
    def year(self) -> int:
        """Return the year of the paper."""
        return self.paper.year


ROWS = (
    Family(
        name="VGG",
        paper=papers.VGG,
        idea=N_(
            "Nothing but 3×3 convolutions, stacked deep, with a pool after each block. Two of them see 5×5 pixels and "
            "three see 7×7, with fewer weights than one large kernel and more nonlinearities."
        ),
        introduced=N_("Depth as the thing that matters, with one kind of layer only."),
        take_when=N_("You want maps that are easy to read, or features for style transfer and perceptual losses."),
        weakness=N_(
            "Its three fully connected layers hold most of 138 million parameters; it is slow for what it is worth, "
            "and "
            "deeper versions do not train well without shortcuts."
        ),
        builds_on=("AlexNet",),
    ),
    Family(
        name="ResNet",
        paper=papers.RESNET,
        idea=N_(
            "Each block computes a correction that is added to its input. The gradient has a way past every block, so "
            "that networks of a hundred layers and more remain trainable."
        ),
        introduced=N_("Residual connections, and the bottleneck of 1×1, 3×3 and 1×1 convolutions."),
        take_when=N_("You need one network that works: the usual start for transfer learning, ResNet-50 above all."),
        weakness=N_("Not the best in any single respect; newer networks reach its accuracy at a fraction of its cost."),
        builds_on=("VGG",),
    ),
    Family(
        name="Inception",
        paper=papers.INCEPTION,
        idea=N_(
            "Kernels of several sizes work side by side on the same input, and 1×1 convolutions before them keep that "
            "cheap. Large kernels are factorised: 5×5 into two 3×3, n×n into 1×n and n×1."
        ),
        introduced=N_("Factorised convolutions, label smoothing and batch normalisation in auxiliary classifiers."),
        take_when=N_("Things of very different sizes have to be recognised with moderate cost."),
        weakness=N_("Many kinds of blocks, tuned by hand: hard to change; it wants 299×299 pixels, at least 75×75."),
        builds_on=("GoogLeNet",),
    ),
    Family(
        name="Xception",
        paper=papers.XCEPTION,
        idea=N_(
            "Space and channels are treated apart: a 3×3 convolution for each channel alone, then a 1×1 across "
            "channels. It is Inception taken to the extreme, one branch for each channel, with residual connections."
        ),
        introduced=N_("Depthwise separable convolutions as the only building block of a large network."),
        take_when=N_("You want more accuracy than Inception-v3 for about as many parameters; also for segmentation."),
        weakness=N_("Depthwise convolutions do little arithmetic for the memory they read: slower than MACs suggest."),
        builds_on=("Inception", "ResNet"),
    ),
    Family(
        name="SqueezeNet",
        paper=papers.SQUEEZENET,
        idea=N_(
            "Fire modules squeeze the channels by 1×1 convolutions and expand them again by 1×1 and 3×3. Pools come "
            "late, so that the maps stay large, and there is no fully connected layer."
        ),
        introduced=N_("The accuracy of AlexNet with about fifty times fewer parameters."),
        take_when=N_("The file has to be tiny: a microcontroller, a web page, a slow line."),
        weakness=N_("The accuracy is AlexNet's; few parameters do not mean few operations, since the maps stay large."),
        builds_on=("AlexNet", "GoogLeNet"),
    ),
    Family(
        name="MobileNet",
        paper=papers.MOBILENET_V2,
        idea=N_(
            "Inverted residuals: thin between the blocks, wide within them, where a depthwise convolution filters each "
            "channel. The last 1×1 convolution of a block has no activation, which would destroy information."
        ),
        introduced=N_(
            "Depthwise separable convolutions for telephones, then linear bottlenecks and inverted residuals."
        ),
        take_when=N_("The network has to run on a telephone or on a processor without a graphics card."),
        weakness=N_("The thin ends leave little room; training needs longer schedules, and quantising needs care."),
        builds_on=("Xception", "ResNet"),
    ),
    Family(
        name="AlexNet",
        paper=papers.ALEXNET,
        idea=N_(
            "Five convolutions and three fully connected layers, trained on graphics cards with ReLU and dropout. It "
            "won "
            "ImageNet in 2012 by so much that the field turned to deep learning; this is the version of 2014."
        ),
        introduced=N_("ReLU, dropout, data augmentation and graphics cards, put together at a large scale."),
        take_when=N_("You teach history, or want large first filters that can be looked at."),
        weakness=N_("Inaccurate for its 61 million parameters, most of which sit in the fully connected layers."),
    ),
    Family(
        name="GoogLeNet",
        paper=papers.GOOGLENET,
        idea=N_(
            "The first Inception: blocks of 1×1, 3×3 and 5×5 convolutions and a pool side by side, their outputs "
            "concatenated. Averaging over the maps replaces the fully connected layers."
        ),
        introduced=N_("The Inception module, 1×1 bottlenecks within it, and auxiliary classifiers for training."),
        take_when=N_("You want activation maps and made pictures with history: DeepDream was made with it."),
        weakness=N_("Overtaken by Inception-v3 and by residual networks."),
        builds_on=("AlexNet",),
    ),
    Family(
        name="DenseNet",
        paper=papers.DENSENET,
        idea=N_(
            "Each layer receives the maps of all layers before it in its block, concatenated, and adds a few of its "
            "own. "
            "Features are reused instead of learned again."
        ),
        introduced=N_("Dense connections: concatenation where ResNet adds."),
        take_when=N_("Parameters are scarce, or data are few, as with medical pictures."),
        weakness=N_("Concatenated maps fill the memory in training, and many small layers make it slow."),
        builds_on=("ResNet",),
    ),
    Family(
        name="ShuffleNet",
        paper=papers.SHUFFLENET,
        idea=N_(
            "Half of the channels pass a block unchanged, and a shuffle mixes both halves afterwards. It was "
            "designed for "
            "measured speed: memory access counts, not only MACs."
        ),
        introduced=N_("Channel split and shuffle, and four guidelines that predict speed better than MACs do."),
        take_when=N_("You need a few milliseconds on a weak processor."),
        weakness=N_("Less accurate than MobileNetV3 of the same size, and seldom used as a backbone elsewhere."),
        builds_on=("MobileNet", "Xception"),
    ),
    Family(
        name="EfficientNet",
        paper=papers.EFFICIENTNET,
        idea=N_(
            "A small network found by search is scaled up: depth, width and resolution grow together by a fixed "
            "rule. Its "
            "blocks are inverted residuals with squeeze-and-excite."
        ),
        introduced=N_("Compound scaling: one coefficient for eight networks, B0 to B7."),
        take_when=N_("You want the most accuracy for a budget, and choose the size to fit it."),
        weakness=N_("Large pictures and depthwise convolutions make the big ones slow and hungry for memory."),
        builds_on=("MNASNet", "MobileNet"),
    ),
    Family(
        name="MNASNet",
        paper=papers.MNASNET,
        idea=N_(
            "The architecture is found by a search that is rewarded for accuracy and for speed measured on a "
            "telephone. "
            "Each stage may have a block of its own kind."
        ),
        introduced=N_("Measured latency as part of what an architecture search aims at."),
        take_when=N_("As MobileNet; the larger ones are a little more accurate for the same cost."),
        weakness=N_("What is fast on one telephone need not be on your processor."),
        builds_on=("MobileNet",),
    ),
    Family(
        name="RegNet",
        paper=papers.REGNET,
        idea=N_(
            "Instead of one network, a space of simple networks is designed whose widths grow by a linear rule. X has "
            "grouped bottlenecks, Y adds squeeze-and-excite."
        ),
        introduced=N_("Design spaces, studied with statistics instead of single searches."),
        take_when=N_("You want something as plain and as fast as ResNet, in any size."),
        weakness=N_("Below EfficientNet in accuracy for few MACs; its many sizes differ little from one another."),
        builds_on=("ResNeXt",),
    ),
    Family(
        name="ResNeXt",
        paper=papers.RESNEXT,
        idea=N_(
            "The 3×3 convolution of ResNet's bottleneck is divided into groups, many narrow paths side by side. The "
            "number of paths, the cardinality, is a third dimension beside depth and width."
        ),
        introduced=N_("Cardinality: grouped convolutions in residual blocks."),
        take_when=N_("You would take a ResNet and can afford a little more accuracy for the same MACs."),
        weakness=N_("Grouped convolutions run slower than their MACs promise."),
        builds_on=("ResNet", "Inception"),
    ),
    Family(
        name="Wide ResNet",
        paper=papers.WIDE_RESNET,
        idea=N_(
            "Fewer, wider residual blocks instead of more and more thin ones. Wide layers use parallel hardware "
            "better, "
            "so that it trains faster than a deep network of the same accuracy."
        ),
        introduced=N_("Width as an alternative to depth in residual networks."),
        take_when=N_("You have memory and a large graphics card, and want short training."),
        weakness=N_("Width costs quadratically: the most parameters for the accuracy among the residual networks."),
        builds_on=("ResNet",),
    ),
    Family(
        name="ConvNeXt",
        paper=papers.CONVNEXT,
        idea=N_(
            "A ResNet, modernised step by step after vision transformers: 7×7 depthwise convolutions, inverted "
            "bottlenecks, layer normalisation, GELU, few activations."
        ),
        introduced=N_("Proof that convolutions alone keep up with transformers, when trained alike."),
        take_when=N_("You want the best pretrained features of this list, and size does not matter."),
        weakness=N_("Large; on processors its depthwise 7×7 convolutions and layer normalisations are slow."),
        builds_on=("ResNet", "MobileNet", "ResNeXt"),
    ),
)

FAMILIES: Registry[Family] = Registry(N_("family"), ROWS)
