"""The training of a detector: network, losses, crafted pseudo-anomalies, adversary."""
