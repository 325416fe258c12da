"""The Python side of the workflow: what its rules call (lib) and what `make` runs beside them (commands)."""

import snakemake.api  # noqa: F401  first: other modules of Snakemake import each other in a circle
