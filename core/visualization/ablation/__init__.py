"""Channels silenced, and what the network answers without them."""
