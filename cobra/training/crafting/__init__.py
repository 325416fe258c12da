"""Augmentations on whole batches: mild ones keep an image normal, hard ones make a pseudo-anomaly."""
