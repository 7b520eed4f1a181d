"""Section Filters: the kernels of a convolution."""
