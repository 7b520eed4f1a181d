"""What a person uploads: files, and the archives they may be."""
