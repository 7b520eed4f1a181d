"""Races on real networks: tasks, training as a stream of events, curves and results."""

from core.former_names import former_names

__getattr__ = former_names(__name__)
