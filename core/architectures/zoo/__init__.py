"""The catalogue of backbones: records, families, papers, class names, and the tiny networks."""
