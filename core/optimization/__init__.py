"""Optimizers, the surfaces and tasks that they race on, and the race."""
