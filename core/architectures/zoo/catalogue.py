"""The rows of the registry of backbones; a new backbone is one more row here.

Stages follow the paper's own groups where it names them and the resolution of the maps elsewhere; a pool that ends a
group belongs to it. Where several sets of ImageNet weights exist, the rows take the first: those were trained with the
papers' recipes, and their probabilities mean what they seem to (the newer recipes, with mixed labels and label
smoothing, gain accuracy but leave the networks far less sure than they are right).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from core.architectures.zoo import papers
from core.architectures.zoo.records import BackboneEntry, Paper, Stage
from core.i18n import N_

STEM, HEAD = N_("stem"), N_("head")
STAGES = (
    *(N_("stage 1"), N_("stage 2"), N_("stage 3"), N_("stage 4")),
    *(N_("stage 5"), N_("stage 6"), N_("stage 7"), N_("stage 8")),
)
BLOCKS = (N_("block 1"), N_("block 2"), N_("block 3"), N_("block 4"), N_("block 5"))
DENSE_BLOCKS = (N_("dense block 1"), N_("dense block 2"), N_("dense block 3"), N_("dense block 4"))
FLOWS = (N_("entry flow"), N_("middle flow"), N_("exit flow"))
INCEPTIONS = (N_("inception 3"), N_("inception 4"), N_("inception 5"))


def _stages(stem: str, *starts: str, head: str, labels: tuple[str, ...] = STAGES) -> tuple[Stage, ...]:
    """Return a stem, the stages that begin at `starts`, and a head; an empty `stem` means that there is none."""
    pairs = [(STEM, stem), *zip(labels, starts, strict=False), (HEAD, head)]
    return tuple(Stage(label=label, start=start) for label, start in pairs if start)


def _vgg_stages(*convolutions: int, batch_norm: bool = False) -> tuple[Stage, ...]:
    """Return VGG's blocks of so many convolutions each; torchvision numbers all their layers through."""
    layers = [count * (3 if batch_norm else 2) + 1 for count in convolutions]  # convolution, norm, ReLU; then a pool
    starts = [f"features.{sum(layers[:block])}" for block in range(len(layers))]
    return _stages("", *starts, head="avgpool", labels=BLOCKS)


def _efficientnet_v2_stages(count: int) -> tuple[Stage, ...]:
    """Return the `count` stages of fused and plain inverted residuals that a variant of EfficientNetV2 has."""
    starts = [f"features.{stage}" for stage in range(1, count + 1)]
    return _stages("features.0", *starts, head=f"features.{count + 1}")


def _tiny(family: str, paper: Paper, parameters: int, stem: str = "stem") -> BackboneEntry:
    """Return the row of one of the small networks in tiny.py."""
    name = f"tiny_{family.lower()}"
    return BackboneEntry(
        name=name,
        title=f"Tiny {family}",
        family=family,
        paper=paper,
        source="convscope",
        builder=name,
        input_size=64,
        stages=_stages(stem, "stage1", "stage2", "stage3", "stage4", head="head"),
        classes="everyday69",
        weights=("embedded", "untrained"),
        parameters=parameters,
    )


def _imagenet(name: str, title: str, parameters: int, input_size: int = 224, **of_family: Any) -> BackboneEntry:
    """Return the row of a network that torchvision builds under the same name and has ImageNet weights for.

    `of_family` are the other fields of the row, which the networks of a family share.
    """
    return BackboneEntry(
        name=name,
        title=title,
        source="torchvision",
        builder=name,
        input_size=input_size,
        classes="imagenet",
        weights=("imagenet", "untrained"),
        parameters=parameters,
        imagenet="IMAGENET1K_V1",
        **of_family,
    )


vgg = partial(_imagenet, family="VGG", paper=papers.VGG)
resnet = partial(
    _imagenet,
    family="ResNet",
    paper=papers.RESNET,
    stages=_stages("conv1", "layer1", "layer2", "layer3", "layer4", head="avgpool"),
)
squeezenet = partial(_imagenet, family="SqueezeNet", paper=papers.SQUEEZENET)
mobilenet = partial(_imagenet, family="MobileNet")
densenet = partial(
    _imagenet,
    family="DenseNet",
    paper=papers.DENSENET,
    stages=_stages(
        "features.conv0",
        *(f"features.denseblock{block}" for block in (1, 2, 3, 4)),
        head="features.norm5",
        labels=DENSE_BLOCKS,
    ),
)
shufflenet = partial(
    _imagenet,
    family="ShuffleNet",
    paper=papers.SHUFFLENET,
    stages=_stages("conv1", "stage2", "stage3", "stage4", head="conv5", labels=STAGES[1:]),  # the paper's numbers
)
efficientnet = partial(
    _imagenet,
    family="EfficientNet",
    paper=papers.EFFICIENTNET,
    stages=_stages("features.0", *(f"features.{stage}" for stage in range(1, 8)), head="features.8"),
)
efficientnet_v2 = partial(_imagenet, family="EfficientNet", paper=papers.EFFICIENTNET_V2)
mnasnet = partial(
    _imagenet,
    family="MNASNet",
    paper=papers.MNASNET,
    stages=_stages("layers.0", *(f"layers.{stage}" for stage in range(8, 14)), head="layers.14"),
)
regnet = partial(
    _imagenet,
    family="RegNet",
    paper=papers.REGNET,
    stages=_stages("stem", *(f"trunk_output.block{block}" for block in (1, 2, 3, 4)), head="avgpool"),
)
resnext = partial(resnet, family="ResNeXt", paper=papers.RESNEXT)
wide_resnet = partial(resnet, family="Wide ResNet", paper=papers.WIDE_RESNET)
convnext = partial(
    _imagenet,
    family="ConvNeXt",
    paper=papers.CONVNEXT,
    stages=_stages("features.0", "features.1", "features.2", "features.4", "features.6", head="avgpool"),
)

ROWS: tuple[BackboneEntry, ...] = (
    _tiny("VGG", papers.VGG, 1_156_485, stem=""),
    _tiny("ResNet", papers.RESNET, 1_395_333),
    _tiny("Inception", papers.INCEPTION, 1_087_317),
    _tiny("Xception", papers.XCEPTION, 719_973),
    _tiny("SqueezeNet", papers.SQUEEZENET, 760_837),
    _tiny("MobileNet", papers.MOBILENET_V2, 721_317),
    vgg("vgg11", "VGG-11", 132_863_336, stages=_vgg_stages(1, 1, 2, 2, 2)),
    vgg("vgg11_bn", "VGG-11-BN", 132_868_840, stages=_vgg_stages(1, 1, 2, 2, 2, batch_norm=True)),
    vgg("vgg13", "VGG-13", 133_047_848, stages=_vgg_stages(2, 2, 2, 2, 2)),
    vgg("vgg13_bn", "VGG-13-BN", 133_053_736, stages=_vgg_stages(2, 2, 2, 2, 2, batch_norm=True)),
    vgg("vgg16", "VGG-16", 138_357_544, stages=_vgg_stages(2, 2, 3, 3, 3)),
    vgg("vgg16_bn", "VGG-16-BN", 138_365_992, stages=_vgg_stages(2, 2, 3, 3, 3, batch_norm=True)),
    vgg("vgg19", "VGG-19", 143_667_240, stages=_vgg_stages(2, 2, 4, 4, 4)),
    vgg("vgg19_bn", "VGG-19-BN", 143_678_248, stages=_vgg_stages(2, 2, 4, 4, 4, batch_norm=True)),
    resnet("resnet18", "ResNet-18", 11_689_512),
    resnet("resnet34", "ResNet-34", 21_797_672),
    resnet("resnet50", "ResNet-50", 25_557_032),
    resnet("resnet101", "ResNet-101", 44_549_160),
    resnet("resnet152", "ResNet-152", 60_192_808),
    _imagenet(
        "inception_v3",
        "Inception-v3",
        23_834_568,
        299,
        family="Inception",
        paper=papers.INCEPTION,
        auxiliary=("AuxLogits.",),
        stages=_stages(
            "Conv2d_1a_3x3", "Mixed_5b", "Mixed_6a", "Mixed_7a", head="avgpool", labels=("35×35", "17×17", "8×8")
        ),
    ),
    BackboneEntry(
        name="xception",
        title="Xception",
        family="Xception",
        paper=papers.XCEPTION,
        source="timm",
        builder="legacy_xception",
        input_size=299,
        stages=_stages("conv1", "block1", "block4", "block12", head="global_pool", labels=FLOWS),
        classes="imagenet",
        weights=("imagenet", "untrained"),
        parameters=22_855_952,
        imagenet="tf_in1k",
    ),
    squeezenet(
        "squeezenet1_0",
        "SqueezeNet 1.0",
        1_248_424,
        stages=_stages("features.0", "features.3", "features.7", "features.12", head="classifier"),
    ),
    squeezenet(
        "squeezenet1_1",
        "SqueezeNet 1.1",
        1_235_496,
        stages=_stages("features.0", "features.3", "features.6", "features.9", head="classifier"),
    ),
    mobilenet(
        "mobilenet_v2",
        "MobileNetV2",
        3_504_872,
        paper=papers.MOBILENET_V2,
        stages=_stages("features.0", *(f"features.{first}" for first in (1, 2, 4, 7, 14)), head="features.18"),
    ),
    mobilenet(
        "mobilenet_v3_small",
        "MobileNetV3-Small",
        2_542_856,
        paper=papers.MOBILENET_V3,
        stages=_stages("features.0", *(f"features.{first}" for first in (1, 2, 4, 9)), head="features.12"),
    ),
    mobilenet(
        "mobilenet_v3_large",
        "MobileNetV3-Large",
        5_483_032,
        paper=papers.MOBILENET_V3,
        stages=_stages("features.0", *(f"features.{first}" for first in (1, 2, 4, 7, 13)), head="features.16"),
    ),
    _imagenet(
        "alexnet",
        "AlexNet",
        61_100_840,
        family="AlexNet",
        paper=papers.ALEXNET,
        stages=_stages("", *(f"features.{first}" for first in (0, 3, 6, 8, 10)), head="avgpool", labels=BLOCKS),
    ),
    _imagenet(
        "googlenet",
        "GoogLeNet",
        6_624_904,
        family="GoogLeNet",
        paper=papers.GOOGLENET,
        auxiliary=("aux1.", "aux2."),
        stages=_stages("conv1", "inception3a", "inception4a", "inception5a", head="avgpool", labels=INCEPTIONS),
    ),
    densenet("densenet121", "DenseNet-121", 7_978_856),
    densenet("densenet161", "DenseNet-161", 28_681_000),
    densenet("densenet169", "DenseNet-169", 14_149_480),
    densenet("densenet201", "DenseNet-201", 20_013_928),
    shufflenet("shufflenet_v2_x0_5", "ShuffleNet V2 ×0.5", 1_366_792),
    shufflenet("shufflenet_v2_x1_0", "ShuffleNet V2 ×1.0", 2_278_604),
    shufflenet("shufflenet_v2_x1_5", "ShuffleNet V2 ×1.5", 3_503_624),
    shufflenet("shufflenet_v2_x2_0", "ShuffleNet V2 ×2.0", 7_393_996),
    efficientnet("efficientnet_b0", "EfficientNet-B0", 5_288_548),
    efficientnet("efficientnet_b1", "EfficientNet-B1", 7_794_184, 240),
    efficientnet("efficientnet_b2", "EfficientNet-B2", 9_109_994, 288),
    efficientnet("efficientnet_b3", "EfficientNet-B3", 12_233_232, 300),
    efficientnet("efficientnet_b4", "EfficientNet-B4", 19_341_616, 380),
    efficientnet("efficientnet_b5", "EfficientNet-B5", 30_389_784, 456),
    efficientnet("efficientnet_b6", "EfficientNet-B6", 43_040_704, 528),
    efficientnet("efficientnet_b7", "EfficientNet-B7", 66_347_960, 600),
    efficientnet_v2("efficientnet_v2_s", "EfficientNetV2-S", 21_458_488, 384, stages=_efficientnet_v2_stages(6)),
    efficientnet_v2("efficientnet_v2_m", "EfficientNetV2-M", 54_139_356, 480, stages=_efficientnet_v2_stages(7)),
    efficientnet_v2("efficientnet_v2_l", "EfficientNetV2-L", 118_515_272, 480, stages=_efficientnet_v2_stages(7)),
    mnasnet("mnasnet0_5", "MNASNet 0.5", 2_218_512),
    mnasnet("mnasnet0_75", "MNASNet 0.75", 3_170_208),
    mnasnet("mnasnet1_0", "MNASNet 1.0", 4_383_312),
    mnasnet("mnasnet1_3", "MNASNet 1.3", 6_282_256),
    regnet("regnet_y_400mf", "RegNetY-400MF", 4_344_144),
    regnet("regnet_y_800mf", "RegNetY-800MF", 6_432_512),
    regnet("regnet_y_1_6gf", "RegNetY-1.6GF", 11_202_430),
    regnet("regnet_y_3_2gf", "RegNetY-3.2GF", 19_436_338),
    regnet("regnet_y_8gf", "RegNetY-8GF", 39_381_472),
    regnet("regnet_x_400mf", "RegNetX-400MF", 5_495_976),
    regnet("regnet_x_800mf", "RegNetX-800MF", 7_259_656),
    regnet("regnet_x_1_6gf", "RegNetX-1.6GF", 9_190_136),
    regnet("regnet_x_3_2gf", "RegNetX-3.2GF", 15_296_552),
    regnet("regnet_x_8gf", "RegNetX-8GF", 39_572_648),
    resnext("resnext50_32x4d", "ResNeXt-50 32×4d", 25_028_904),
    resnext("resnext101_32x8d", "ResNeXt-101 32×8d", 88_791_336),
    resnext("resnext101_64x4d", "ResNeXt-101 64×4d", 83_455_272),
    wide_resnet("wide_resnet50_2", "Wide ResNet-50-2", 68_883_240),
    wide_resnet("wide_resnet101_2", "Wide ResNet-101-2", 126_886_696),
    convnext("convnext_tiny", "ConvNeXt-Tiny", 28_589_128),
    convnext("convnext_small", "ConvNeXt-Small", 50_223_688),
    convnext("convnext_base", "ConvNeXt-Base", 88_591_464),
    convnext("convnext_large", "ConvNeXt-Large", 197_767_336),
)
