"""Comparisons made once, whose results stand in docs/performance.md."""
