"""Images: formats recognised, files decoded, and what a network receives of them."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
