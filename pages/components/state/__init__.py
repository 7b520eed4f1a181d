"""What outlives a rerun: the address, and whose turn it is to draw."""
