"""Attacks on a score: `attack` for any detector, one module per strategy."""
