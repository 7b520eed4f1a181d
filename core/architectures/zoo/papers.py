"""The papers of the backbones, one constant each; first versions on arXiv, hence the years."""

from __future__ import annotations

from core.architectures.zoo.records import Paper

VGG = Paper(
    authors="Karen Simonyan, Andrew Zisserman",
    title="Very Deep Convolutional Networks for Large-Scale Image Recognition",
    year=2014,
    arxiv="1409.1556",
)
RESNET = Paper(
    authors="Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
    title="Deep Residual Learning for Image Recognition",
    year=2015,
    arxiv="1512.03385",
)
INCEPTION = Paper(
    authors="Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jonathon Shlens, Zbigniew Wojna",
    title="Rethinking the Inception Architecture for Computer Vision",
    year=2015,
    arxiv="1512.00567",
)
XCEPTION = Paper(
    authors="François Chollet",
    title="Xception: Deep Learning with Depthwise Separable Convolutions",
    year=2016,
    arxiv="1610.02357",
)
SQUEEZENET = Paper(
    authors="Forrest N. Iandola, Song Han, Matthew W. Moskewicz, Khalid Ashraf, William J. Dally, Kurt Keutzer",
    title="SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
    year=2016,
    arxiv="1602.07360",
)
MOBILENET_V2 = Paper(
    authors="Mark Sandler, Andrew Howard, Menglong Zhu, Andrey Zhmoginov, Liang-Chieh Chen",
    title="MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    year=2018,
    arxiv="1801.04381",
)
MOBILENET_V3 = Paper(
    authors="Andrew Howard, Mark Sandler, Grace Chu, Liang-Chieh Chen, Bo Chen, Mingxing Tan et al.",
    title="Searching for MobileNetV3",
    year=2019,
    arxiv="1905.02244",
)
ALEXNET = Paper(
    authors="Alex Krizhevsky",
    title="One weird trick for parallelizing convolutional neural networks",
    year=2014,
    arxiv="1404.5997",
)
GOOGLENET = Paper(
    authors="Christian Szegedy, Wei Liu, Yangqing Jia, Pierre Sermanet, Scott Reed, Dragomir Anguelov et al.",
    title="Going Deeper with Convolutions",
    year=2014,
    arxiv="1409.4842",
)
DENSENET = Paper(
    authors="Gao Huang, Zhuang Liu, Laurens van der Maaten, Kilian Q. Weinberger",
    title="Densely Connected Convolutional Networks",
    year=2016,
    arxiv="1608.06993",
)
SHUFFLENET = Paper(
    authors="Ningning Ma, Xiangyu Zhang, Hai-Tao Zheng, Jian Sun",
    title="ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
    year=2018,
    arxiv="1807.11164",
)
EFFICIENTNET = Paper(
    authors="Mingxing Tan, Quoc V. Le",
    title="EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    year=2019,
    arxiv="1905.11946",
)
EFFICIENTNET_V2 = Paper(
    authors="Mingxing Tan, Quoc V. Le",
    title="EfficientNetV2: Smaller Models and Faster Training",
    year=2021,
    arxiv="2104.00298",
)
MNASNET = Paper(
    authors="Mingxing Tan, Bo Chen, Ruoming Pang, Vijay Vasudevan, Mark Sandler, Andrew Howard, Quoc V. Le",
    title="MnasNet: Platform-Aware Neural Architecture Search for Mobile",
    year=2018,
    arxiv="1807.11626",
)
REGNET = Paper(
    authors="Ilija Radosavovic, Raj Prateek Kosaraju, Ross Girshick, Kaiming He, Piotr Dollár",
    title="Designing Network Design Spaces",
    year=2020,
    arxiv="2003.13678",
)
RESNEXT = Paper(
    authors="Saining Xie, Ross Girshick, Piotr Dollár, Zhuowen Tu, Kaiming He",
    title="Aggregated Residual Transformations for Deep Neural Networks",
    year=2016,
    arxiv="1611.05431",
)
WIDE_RESNET = Paper(
    authors="Sergey Zagoruyko, Nikos Komodakis",
    title="Wide Residual Networks",
    year=2016,
    arxiv="1605.07146",
)
CONVNEXT = Paper(
    authors="Zhuang Liu, Hanzi Mao, Chao-Yuan Wu, Christoph Feichtenhofer, Trevor Darrell, Saining Xie",
    title="A ConvNet for the 2020s",
    year=2022,
    arxiv="2201.03545",
)
