"""Measurements made by hand or by `make bench`; docs/performance.md says what each one measures."""
