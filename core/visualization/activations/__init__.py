"""Activation maps of all layers from one forward pass, arranged on a grid and drawn."""

from core.visualization.activations.activation_capture import Activations, capture

__all__ = ["Activations", "capture"]
