"""The kernels of convolutions: statistics, layout, drawings, tables."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
