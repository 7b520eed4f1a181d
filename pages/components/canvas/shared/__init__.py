"""What canvas components share."""
