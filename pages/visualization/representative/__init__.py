"""Section Images: what represents a class or a channel."""
