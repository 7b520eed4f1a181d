"""Writes the model card of a network: data, split, recipe, accuracy, known failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from core.architectures.training.dataset import CLASSES, HELD_OUT_SHARE
from core.architectures.training.metrics import Metrics
from core.architectures.training.recipe import TrainingRecipe
from core.architectures.zoo.backbones import BACKBONES
from core.architectures.zoo.class_names import class_names

DATA = """\
{trained_on} photographs, 64×64 pixels, in {classes} classes: the training images of Tiny ImageNet, which are ImageNet
photographs made small, with classes merged as `core/architectures/zoo/everyday69.txt` lists them. ImageNet is for
research and education; the photographs are not part of ConvScope, and neither they nor these weights are for
recognising people."""
SPLIT = """\
A picture is held out, never trained on, when the SHA-256 of its file's name falls into the first {share:.0%}:
{held_out} pictures. The temperature was fitted on one half of them, the figures below are those of the other half
({pictures} pictures) unless they say otherwise."""
WEAK = 8  # classes that are listed as the worst


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was measured of a network: `judged` on one half of the held-out pictures, `whole` on both halves.

    `landscape` gives top-1 by fit for the same pictures cut to 4:3. `separation` and the shares of answers below
    `unsure_below` compare held-out pictures with `uncovered` crops of `photographs` that show none of the classes.
    """

    judged: Metrics
    whole: Metrics
    temperature: float
    uncalibrated_error: float
    landscape: Mapping[str, float]
    separation: float
    unsure_below: float
    unsure_covered: float
    unsure_uncovered: float
    uncovered: int
    photographs: int


def write_card(name: str, recipe: TrainingRecipe, trained_on: int, found: Findings) -> str:
    """Return the model card of the network `name` in Markdown."""
    parts = [
        f"# {BACKBONES[name].title}, trained on Everyday-69",
        "Made by `python -m core.architectures.train`; the figures are measured, not copied.",
        "## Data and terms",
        DATA.format(trained_on=trained_on, classes=len(class_names(CLASSES))),
        "## Split",
        SPLIT.format(share=HELD_OUT_SHARE, held_out=found.whole.pictures, pictures=found.judged.pictures),
        "## Result",
        _result(found),
        "## Known failures",
        _failures(found.whole),
        "## Accuracy by class",
        "Top-1 of all held-out pictures.",
        _table(("class", "top-1"), [(label, f"{share:.0%}") for label, share in sorted(found.whole.per_class.items())]),
        "## Recipe",
        _table(("setting", "value"), [(key, f"`{value}`") for key, value in asdict(recipe).items()]),
    ]
    return "\n\n".join(parts) + "\n"


def header_of(recipe: TrainingRecipe, found: Findings) -> dict[str, str]:
    """Return what the file of the weights says of itself in its header."""
    return {
        "data": "Everyday-69 (Tiny ImageNet; research and education use)",
        "seed": str(recipe.seed),
        "top1": f"{found.judged.top1:.6f}",
        "top5": f"{found.judged.top5:.6f}",
        "calibration_error": f"{found.judged.calibration_error:.6f}",
    }


def _result(found: Findings) -> str:
    judged, whole = found.judged, found.whole
    rows = [
        ("top-1", f"{judged.top1:.1%}"),
        ("top-5", f"{judged.top5:.1%}"),
        ("top-1, top-5 of all held-out pictures", f"{whole.top1:.1%}, {whole.top5:.1%}"),
        ("temperature, divided into the last layer's weights", f"{found.temperature:.2f}"),
        ("expected calibration error, 15 bins", f"{judged.calibration_error:.1%}"),
        ("the same before the temperature", f"{found.uncalibrated_error:.1%}"),
        *((f"top-1 of the pictures cut to 4:3, fit “{fit}”", f"{top1:.1%}") for fit, top1 in found.landscape.items()),
        ("area under the ROC curve, covered against uncovered", f"{found.separation:.2f}"),
        (f"“not sure” (below {found.unsure_below:.0%}): covered pictures", f"{found.unsure_covered:.0%}"),
        (f"“not sure” (below {found.unsure_below:.0%}): uncovered pictures", f"{found.unsure_uncovered:.0%}"),
    ]
    note = (
        f"Uncovered are {found.uncovered} crops of the {found.photographs} sample photographs of scikit-image and "
        "scikit-learn that show none of the classes."
    )
    return _table(("measure", "value"), rows) + "\n\n" + note


def _failures(whole: Metrics) -> str:
    worst = sorted(whole.per_class.items(), key=lambda pair: pair[1])[:WEAK]
    lines = [f"- Recognised least: {', '.join(f'{label} ({share:.0%})' for label, share in worst)}."]
    lines += [
        f"- {share:.0%} of the pictures of “{right}” are taken for “{answer}”."
        for right, answer, share in whole.mistakes
    ]
    lines.append(
        "- A thing that is small in the picture, cut off or drawn is often missed: the network sees 64×64 pixels."
    )
    return "\n".join(lines)


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"| {first} | {second} |" for first, second in [head, ("---", "---"), *rows])
