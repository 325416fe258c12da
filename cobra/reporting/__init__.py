"""Score files to tables: read (results), average (cells), lay out (tables)."""
