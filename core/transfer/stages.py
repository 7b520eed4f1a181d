"""The stage that transfer learning replaces."""

HEAD = "head"
"""The label of the last stage of every backbone, which turns features into answers."""
