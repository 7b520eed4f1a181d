"""Transforms of pictures and what they do."""
