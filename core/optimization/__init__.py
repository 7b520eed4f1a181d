"""Optimizers compared on surfaces and tasks."""
