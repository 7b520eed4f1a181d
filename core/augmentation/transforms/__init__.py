"""The transforms of a pipeline: records, arguments, and the registry."""
