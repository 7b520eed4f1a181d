"""Races on surfaces: trajectories, sweeps of learning rates, noise, experiments."""
