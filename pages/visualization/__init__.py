"""The page Visualization: sections about maps, channels, cells, filters, images, evidence, knock-out."""
