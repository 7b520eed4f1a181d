"""The page Augmentation: a pipeline, its samples, and what they do to a network."""
