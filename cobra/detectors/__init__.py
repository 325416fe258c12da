"""Detectors: images -> anomaly scores; ours, baselines, and a user's own."""
