"""Images made by activation maximisation."""
