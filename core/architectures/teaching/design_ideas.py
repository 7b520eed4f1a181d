"""Design comparisons: two or three designs for the same job, and what each costs.

A design is a chain of convolutions without biases, or several such chains side by side. Batch normalisation and
activations cost next to nothing and are left out, as in the papers' own calculations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.architectures.zoo import papers
from core.architectures.zoo.records import Paper
from core.i18n import N_, grouped
from core.registry import Registry
from core.settings import Choice

Settings = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """A convolution without bias, stride 1, padded to keep the size; `branch` names the chain that it belongs to."""

    kernel: int
    inputs: int
    outputs: int
    groups: int = 1
    branch: str = ""

    @property
    def parameters(self) -> int:
        """Return how many weights it has."""
        return self.kernel**2 * self.inputs // self.groups * self.outputs

    @property
    def formula(self) -> str:
        """Return that as a product."""
        return f"{self.kernel}×{self.kernel}×{self.inputs // self.groups}×{self.outputs} = {grouped(self.parameters)}"

    def macs(self, side: int) -> int:
        """Return the multiply-accumulates on maps of `side` × `side`."""
        return self.parameters * side**2


@dataclass(frozen=True, kw_only=True)
class Design:
    """One way to do the job; `title` is marked for translation and may speak of `values`."""

    title: str
    steps: tuple[Convolution, ...]
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """Return how many weights all have together."""
        return sum(step.parameters for step in self.steps)

    def macs(self, side: int) -> int:
        """Return the multiply-accumulates of all on maps of `side` × `side`."""
        return sum(step.macs(side) for step in self.steps)

    @property
    def field(self) -> int:
        """Return the side of what an output cell sees of the input, the largest of all branches."""
        reach: dict[str, int] = {}
        for step in self.steps:
            reach[step.branch] = reach.get(step.branch, 1) + step.kernel - 1
        shared = reach.pop("", 1)
        return max([shared, *(shared + branch - 1 for branch in reach.values())])

    @property
    def depth(self) -> int:
        """Return how many convolutions follow one another, and so how many nonlinearities there can be."""
        count: dict[str, int] = {}
        for step in self.steps:
            count[step.branch] = count.get(step.branch, 0) + 1
        shared = count.pop("", 0)
        return max([shared, *(shared + branch for branch in count.values())])


@dataclass(frozen=True, kw_only=True)
class Idea:
    """An idea with its calculation: `title`, `text` and `lesson` are marked for translation.

    `lesson` is what to take from it; `designs` returns the ways to compare, the plain one first. `at_most` names for a
    setting the other one that its number cannot exceed.
    """

    name: str
    title: str
    text: str
    lesson: str
    paper: Paper
    settings: tuple[Choice, ...]
    designs: Callable[[Settings], tuple[Design, ...]]
    at_most: Mapping[str, str] = field(default_factory=dict)

    def values(self, given: Settings | None = None) -> dict[str, Any]:
        """Return a value for each setting: the one given, else the default."""
        return {setting.name: (given or {}).get(setting.name, setting.default) for setting in self.settings}


def _widths(*counts: int) -> tuple[tuple[str, str], ...]:
    return tuple((str(count), str(count)) for count in counts)


CHANNELS = Choice(name="channels", label=N_("Channels"), default="64", options=_widths(16, 32, 64, 128, 256, 512))
SIDE = Choice(name="maps_side", label=N_("Side of the maps"), default="28", options=_widths(7, 14, 28, 56, 112))
KERNEL = Choice(name="window", label=N_("Window"), default="7", options=_widths(5, 7, 9, 11))
BOTTLENECK = Choice(name="bottleneck", label=N_("Bottleneck"), default="16", options=_widths(16, 32, 64, 96, 128))
GROUPS = Choice(name="groups", label=N_("Groups"), default="4", options=_widths(*(2**power for power in range(10))))
SQUEEZE = Choice(name="squeeze", label=N_("Squeezed to"), default="16", options=_widths(8, 16, 32, 48, 64))
EXPANSION = Choice(name="expansion", label=N_("Expansion"), default="6", options=_widths(1, 2, 4, 6, 8))


def _small_kernels(settings: Settings) -> tuple[Design, ...]:
    channels, window = int(settings["channels"]), int(settings["window"])
    stack = (window - 1) // 2
    small = tuple(Convolution(kernel=3, inputs=channels, outputs=channels) for _ in range(stack))
    return (
        Design(
            title=N_("one {window}×{window}"),
            steps=(Convolution(kernel=window, inputs=channels, outputs=channels),),
            values={"window": str(window)},
        ),
        Design(title=N_("{count} times 3×3"), steps=small, values={"count": str(stack)}),
    )


def _bottlenecks(settings: Settings) -> tuple[Design, ...]:
    channels, narrow = int(settings["channels"]), int(settings["bottleneck"])
    return (
        Design(title=N_("5×5 at once"), steps=(Convolution(kernel=5, inputs=channels, outputs=channels),)),
        Design(
            title=N_("1×1 first, then 5×5"),
            steps=(
                Convolution(kernel=1, inputs=channels, outputs=narrow),
                Convolution(kernel=5, inputs=narrow, outputs=channels),
            ),
        ),
    )


def _separable(settings: Settings) -> tuple[Design, ...]:
    channels = int(settings["channels"])
    groups = min(int(settings["groups"]), channels)
    return (
        Design(title=N_("ordinary 3×3"), steps=(Convolution(kernel=3, inputs=channels, outputs=channels),)),
        Design(
            title=N_("3×3 in {groups} groups, then 1×1"),
            steps=(
                Convolution(kernel=3, inputs=channels, outputs=channels, groups=groups),
                Convolution(kernel=1, inputs=channels, outputs=channels),
            ),
            values={"groups": str(groups)},
        ),
        Design(
            title=N_("depthwise 3×3, then 1×1"),
            steps=(
                Convolution(kernel=3, inputs=channels, outputs=channels, groups=channels),
                Convolution(kernel=1, inputs=channels, outputs=channels),
            ),
        ),
    )


def _fire(settings: Settings) -> tuple[Design, ...]:
    channels, narrow = int(settings["channels"]), int(settings["squeeze"])
    half = channels // 2
    return (
        Design(title=N_("ordinary 3×3"), steps=(Convolution(kernel=3, inputs=channels, outputs=channels),)),
        Design(
            title=N_("Fire: squeeze, then expand"),
            steps=(
                Convolution(kernel=1, inputs=channels, outputs=narrow),
                Convolution(kernel=1, inputs=narrow, outputs=half, branch="1×1"),
                Convolution(kernel=3, inputs=narrow, outputs=half, branch="3×3"),
            ),
        ),
    )


def _inverted(settings: Settings) -> tuple[Design, ...]:
    channels, factor = int(settings["channels"]), int(settings["expansion"])
    wide, narrow = channels * factor, max(1, channels // 4)
    return (
        Design(title=N_("two ordinary 3×3"), steps=(Convolution(kernel=3, inputs=channels, outputs=channels),) * 2),
        Design(
            title=N_("ResNet's bottleneck: narrow within"),
            steps=(
                Convolution(kernel=1, inputs=channels, outputs=narrow),
                Convolution(kernel=3, inputs=narrow, outputs=narrow),
                Convolution(kernel=1, inputs=narrow, outputs=channels),
            ),
        ),
        Design(
            title=N_("inverted residual: wide within"),
            steps=(
                Convolution(kernel=1, inputs=channels, outputs=wide),
                Convolution(kernel=3, inputs=wide, outputs=wide, groups=wide),
                Convolution(kernel=1, inputs=wide, outputs=channels),
            ),
        ),
    )


IDEAS: Registry[Idea] = Registry(
    N_("idea"),
    (
        Idea(
            name="small_kernels",
            title=N_("Small kernels"),
            text=N_("VGG replaces one large window by several small ones that see as much."),
            lesson=N_("As much is seen with fewer weights, and with a nonlinearity after each convolution."),
            paper=papers.VGG,
            settings=(CHANNELS, KERNEL, SIDE),
            designs=_small_kernels,
        ),
        Idea(
            name="bottlenecks",
            title=N_("1×1 bottlenecks"),
            text=N_("Inception lets a 1×1 convolution reduce the channels before a large kernel has to look at them."),
            lesson=N_("The narrower the bottleneck, the cheaper; too narrow, and information is lost."),
            paper=papers.GOOGLENET,
            settings=(CHANNELS, BOTTLENECK, SIDE),
            designs=_bottlenecks,
        ),
        Idea(
            name="separable",
            title=N_("Separable"),
            text=N_(
                "From ordinary to Xception by the number of groups: with one group a kernel looks at all channels, "
                "with as "
                "many groups as channels at one each, and 1×1 convolutions mix them afterwards."
            ),
            lesson=N_("For 3×3 kernels and many channels the cost falls to about a ninth: to 1/C + 1/9."),
            paper=papers.XCEPTION,
            settings=(CHANNELS, GROUPS, SIDE),
            designs=_separable,
            at_most={GROUPS.name: CHANNELS.name},
        ),
        Idea(
            name="fire",
            title=N_("Fire"),
            text=N_("SqueezeNet's Fire module squeezes the channels, then expands them by 1×1 and 3×3 side by side."),
            lesson=N_("Half of the outputs never pay for a 3×3 kernel, and the others only for a few inputs."),
            paper=papers.SQUEEZENET,
            settings=(CHANNELS, SQUEEZE, SIDE),
            designs=_fire,
        ),
        Idea(
            name="inverted",
            title=N_("Inverted residuals"),
            text=N_(
                "ResNet's bottleneck is narrow where the 3×3 kernels work. MobileNetV2 turns it round: wide within, "
                "where "
                "a depthwise convolution is cheap, and thin between the blocks, where maps have to be kept."
            ),
            lesson=N_("Width is cheap for a depthwise convolution; what costs are the two 1×1 convolutions."),
            paper=papers.MOBILENET_V2,
            settings=(CHANNELS, EXPANSION, SIDE),
            designs=_inverted,
        ),
    ),
)
