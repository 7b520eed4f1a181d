"""The page Architectures: what networks are made of, and what they cost."""
