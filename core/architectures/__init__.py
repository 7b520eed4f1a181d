"""Backbones: what they are made of, their weights and how they are loaded."""
