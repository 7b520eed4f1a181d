"""Section Cell: receptive field and arithmetic of one cell."""
