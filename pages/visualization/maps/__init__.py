"""Section Maps: the grid of activation maps and the chosen channel."""
