"""The page Transfer advisor: data, diagnosis, comparison, final model, case studies."""
