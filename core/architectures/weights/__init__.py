"""Weights: where they are published, and how they are read as plain tensors."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
