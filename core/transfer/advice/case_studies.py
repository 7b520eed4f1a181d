"""Case studies for class: the data, which of the four cases they are, and the argument."""

from __future__ import annotations

from dataclasses import dataclass

from core.i18n import N_
from core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case: what is to be told apart with which pictures; `rule` is the name in `RULES` that fits, `argument` why.

    All texts are marked for translation.
    """

    name: str
    title: str
    text: str
    rule: str
    argument: str


CASES: Registry[Case] = Registry(
    N_("case"),
    (
        Case(
            name="x_ray",
            title=N_("X-rays of the chest"),
            text=N_("112,000 grey pictures of the chest, 14 findings. The network was trained on ImageNet."),
            rule="large_different",
            argument=N_(
                "Grey, no objects, differences that fill a few pixels: unlike ImageNet. But there are thousands of "
                "pictures of each finding, so everything may move; starting from the pretrained weights costs nothing "
                "and converges sooner, though Raghu et al. (2019) saw little gain in accuracy."
            ),
        ),
        Case(
            name="flowers",
            title=N_("A hundred kinds of flowers"),
            text=N_("102 kinds with 10 photographs each to learn from. The network was trained on ImageNet."),
            rule="small_similar",
            argument=N_(
                "Photographs in daylight, and ImageNet has flowers and leaves: similar. Ten pictures of each kind are "
                "far too few for millions of weights; a linear classifier on the last features does well."
            ),
        ),
        Case(
            name="satellite",
            title=N_("Land use from a satellite"),
            text=N_("27,000 pictures of 64 × 64 pixels from above, 10 kinds of land. The network knows ImageNet."),
            rule="large_different",
            argument=N_(
                "Seen from above there is no horizon, no object in the middle and no scale that the network knows. "
                "With 2,700 pictures of each kind it can learn its own features."
            ),
        ),
        Case(
            name="sketches",
            title=N_("Sketches by hand"),
            text=N_("8 drawings of each of 30 things, black lines on white. The network was trained on photographs."),
            rule="small_different",
            argument=N_(
                "Lines without colour or texture, of which the late features of a network for photographs make little. "
                "Eight each are too few to learn others: take an earlier stage, where edges and corners are."
            ),
        ),
        Case(
            name="histology",
            title=N_("Tissue under the microscope"),
            text=N_("10 stained sections of each of 4 kinds of tissue. The network was trained on ImageNet."),
            rule="small_different",
            argument=N_(
                "Textures and stains instead of things; what matters is small and everywhere. Early features of colour "
                "and texture serve it, and ten pictures each are few."
            ),
        ),
        Case(
            name="cats_and_dogs",
            title=N_("Breeds of cats and dogs"),
            text=N_("37 breeds with 200 photographs each. The network was trained on ImageNet."),
            rule="large_similar",
            argument=N_(
                "ImageNet itself has more than a hundred breeds of dogs: there is hardly anything more similar. With "
                "200 photographs of each, fine-tuning sharpens what is there."
            ),
        ),
    ),
)
