"""Widgets that the pages share, one noun per file."""
