"""Section Knock-out: channels silenced, and what changes."""
