"""Which pixels speak for a class: gradients, CAM, occlusion, and how far their maps can be trusted."""

from core.visualization.attribution.methods import METHODS, attribute, explain

__all__ = ["METHODS", "attribute", "explain"]
