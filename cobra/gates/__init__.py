"""Eleven gates that a figure must pass before it may be called robust (docs/reading-results.md)."""
