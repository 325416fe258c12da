"""The audit: whether the paper's numbers and ours hold together."""
