"""Activation maximisation: objectives, parametrisations, random transforms, gradient ascent."""
