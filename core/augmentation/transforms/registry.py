"""The registry of transforms.

All are torchvision.transforms.v2, applied to uint8 pictures (channels, height, width).
"""

from __future__ import annotations

from core.augmentation.transforms.colour import COLOUR_TRANSFORMS
from core.augmentation.transforms.geometric import GEOMETRIC_TRANSFORMS
from core.augmentation.transforms.policies import POLICIES
from core.augmentation.transforms.records import TransformEntry
from core.i18n import N_
from core.registry import Registry

TRANSFORMS: Registry[TransformEntry] = Registry(N_("transform"), (*GEOMETRIC_TRANSFORMS, *COLOUR_TRANSFORMS, *POLICIES))
