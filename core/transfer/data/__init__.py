"""Labelled images to learn from: catalogue, uploads, public sets, tiles, previews."""
