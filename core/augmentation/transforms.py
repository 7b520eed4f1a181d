"""All transforms that can be put into a pipeline.

All are torchvision.transforms.v2, applied to uint8 pictures (channels, height, width).
"""

from __future__ import annotations

from core.augmentation.colour_transforms import COLOUR_TRANSFORMS
from core.augmentation.geometric_transforms import GEOMETRIC_TRANSFORMS
from core.augmentation.policies import POLICIES
from core.augmentation.transform_entries import TransformEntry
from core.i18n import N_
from core.registry import Registry

TRANSFORMS: Registry[TransformEntry] = Registry(N_("transform"), (*GEOMETRIC_TRANSFORMS, *COLOUR_TRANSFORMS, *POLICIES))
