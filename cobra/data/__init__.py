"""Data sets: what exists (catalog), how it is read (readers), how it is stored, and the one-class split."""
