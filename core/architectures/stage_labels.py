"""The one stage that every backbone has."""

HEAD = "head"
"""The label of the last stage of every backbone, which turns features into answers."""
