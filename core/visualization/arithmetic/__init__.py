"""One output value explained: every term of convolutions, pools, merges and pointwise operations."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
