"""The rules of the advice, and the four cases."""
