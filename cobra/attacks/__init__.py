"""Attacks on a score: `run.attack` for any detector; `strategies`, one module per kind."""
