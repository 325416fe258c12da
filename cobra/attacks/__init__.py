"""Attacks on a score: `attack.attack` on any; `strategies`, one module per kind."""
