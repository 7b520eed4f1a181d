"""The final model, inference with it, and what is taken along: bundle, script, notebook."""
