"""Effective receptive fields by gradient, their growth with depth, drawings."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
