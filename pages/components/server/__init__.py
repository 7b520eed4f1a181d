"""The server around the app: its life, its headers, the order of runs, its style."""
