"""Where each cell of a table comes from."""
