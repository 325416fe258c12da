"""What the measurements share: options and tables, clocks, processes, subjects, other implementations."""
