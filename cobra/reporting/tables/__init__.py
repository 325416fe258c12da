"""Tables: cells computed from score files, beside the paper's numbers."""
