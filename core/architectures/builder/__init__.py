"""Networks built from blocks: the stack, its training and its program."""
