"""Surfaces to descend: the registry, own formulas, heights on a grid."""
