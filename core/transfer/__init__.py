"""Transfer learning and fine-tuning compared."""
