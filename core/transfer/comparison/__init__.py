"""All strategies compared by cross-validation, and the verdict."""
