"""Measures what ConvScope promises, beside its peers; one file per topic."""
