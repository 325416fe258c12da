"""Figures: `kinds`, a module each, and what several of them share."""
