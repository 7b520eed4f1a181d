"""Section Evidence: which pixels speak for a class."""
