"""Images found in a collection."""
