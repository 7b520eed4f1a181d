"""Section Channel: one channel from all sides."""
