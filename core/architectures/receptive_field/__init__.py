"""Receptive fields of layers and cells, followed exactly through the graph."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
