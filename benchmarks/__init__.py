"""Measurements of speed, memory and agreement; run by hand, as `python -m benchmarks.attack_step`."""
