"""The constructor arguments of torchvision transforms: comparable, printable as code, buildable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OURS = ("OneOfFive", "PillowJPEG")
"""The transforms that not every build of torchvision has; they stand in `core.augmentation.transforms.custom`."""


@dataclass(frozen=True)
class ArgumentField:
    """A member of an enumeration of torchvision.transforms.v2, such as `InterpolationMode.BILINEAR`."""

    enumeration: str
    name: str


BILINEAR = ArgumentField("InterpolationMode", "BILINEAR")
IMAGENET_POLICY = ArgumentField("AutoAugmentPolicy", "IMAGENET")
Arguments = Mapping[str, Any]


def build(builds: str, arguments: Arguments) -> Any:
    """Return the transform of that name, built with these arguments."""
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.transforms import v2

    from core.augmentation.transforms import custom

    kind = getattr(custom if builds in OURS else v2, builds)
    return kind(**{name: _built(value) for name, value in arguments.items()})


def _built(value: Any) -> Any:
    if not isinstance(value, ArgumentField):
        return value
    from torchvision.transforms import v2

    return getattr(getattr(v2, value.enumeration), value.name)


def written(builds: str, arguments: Arguments) -> str:
    """Return the Python that builds the transform, where `v2` is torchvision.transforms.v2."""
    inside = ", ".join(f"{name}={_written(value)}" for name, value in arguments.items())
    return f"{builds}({inside})" if builds in OURS else f"v2.{builds}({inside})"


def _written(value: Any) -> str:
    if isinstance(value, ArgumentField):
        return f"v2.{value.enumeration}.{value.name}"
    return repr(value)
