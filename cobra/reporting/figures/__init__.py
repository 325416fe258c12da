"""Figures, a module per kind; `kinds` says which there are."""
