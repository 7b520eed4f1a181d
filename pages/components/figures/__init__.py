"""Plotly figures, by topic, and the palette that they share."""
