"""What was drawn for a sample, in words."""

from __future__ import annotations

from core.augmentation.pipeline import Pipeline
from core.augmentation.sampling import DrawnSample, StepDraw
from core.i18n import N_
from pages.components.i18n import _, decimal_sign

WORDS = {
    "angle": N_("angle"),
    "translate": N_("shift"),
    "scale": N_("scale"),
    "shear": N_("shear"),
    "top": N_("top"),
    "left": N_("left"),
    "height": N_("height"),
    "width": N_("width"),
    "i": N_("top"),
    "j": N_("left"),
    "h": N_("height"),
    "w": N_("width"),
    "brightness_factor": N_("factor"),
    "contrast_factor": N_("factor"),
    "saturation_factor": N_("factor"),
    "hue_factor": N_("turn"),
    "displacement": N_("up to, of half a side"),
    "sigma": "σ",
    "quality": N_("quality"),
    "coefficients": N_("coefficients"),
}
"""What is said of torchvision's parameters; operations of policies keep the names of their papers."""
UNITS = {"angle": "°", "shear": "°", "translate": " px", "sigma": " px"}
LEFT_OUT = frozenset({"fn_idx", "num_input_channels", "needs_crop", "needs_pad", "padding", "which", "v"})
"""What follows from the settings, or says nothing without the formula."""
NOTHING = frozenset({"0", "-0", "0, 0", "-0, 0"})


def lines_of(pipeline: Pipeline, sample: DrawnSample) -> list[str]:
    """Return a line for each step that was applied, or could not be."""
    return [line for draw in sample.drawn if (line := line_of(pipeline, draw))]


def line_of(pipeline: Pipeline, step_draw: StepDraw) -> str:
    """Return what a step drew; "" where it was not its turn."""
    title = _(pipeline.step(step_draw.key).entry.title)
    if step_draw.skipped_for == "small":
        return _("{title}: the picture is too small", title=title)
    if not step_draw.was_applied:
        return ""
    said = ", ".join(filter(None, (_said(name, value) for name, value in step_draw.parameters)))
    return f"{title}: {said}" if said else title


def _said(name: str, value: str) -> str:
    """Return a parameter in words; "" where it says nothing."""
    if name in LEFT_OUT or (value in NOTHING and name in UNITS):
        return ""
    if name not in WORDS:
        return name if value in NOTHING else f"{name} {_local(value)}"
    return f"{_(WORDS[name])} {_local(value)}{UNITS.get(name, '')}"


def _local(value: str) -> str:
    """Return numbers with a true minus and the visitor's decimal sign."""
    return "; ".join(
        part.replace("-", "−").replace(".", decimal_sign()) for part in value.removeprefix("±").split(", ")
    )
