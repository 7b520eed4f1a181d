"""Fetching published files once: connection, transfer, retry and resume, partial files, the store."""
