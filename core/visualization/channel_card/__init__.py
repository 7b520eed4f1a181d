"""A summary of one channel: its map, its field, its effect."""
