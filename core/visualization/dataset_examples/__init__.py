"""Images of a collection that activate a channel, unit or class most and least."""
